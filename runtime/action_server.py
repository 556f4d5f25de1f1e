"""The action server: Rasa's custom actions over HTTP, for the bot on this machine only.

rasa-sdk's executor without its web application, which answers errors with the request's body (the customer's
words) and listens on all interfaces. Statuses are rasa-sdk's: 400 rejection, 404 unknown action, 449 no domain.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionMissingDomainException, ActionNotFoundException
from sanic import Request, Sanic
from sanic.exceptions import SanicException
from sanic.response import HTTPResponse, json

from aftersales.domain.ids import new_id
from runtime.current import Current, provide
from runtime.garbage import spare_what_stays
from runtime.logs import configure_logs, without_words
from runtime.notifiers import open_notifier
from runtime.secret_files import load_or_make
from runtime.settings import Settings
from runtime.wiring import open_context

logger = logging.getLogger("returndesk.actions")


def create_app(executor: ActionExecutor, *, secret: str) -> Sanic[Any, Any]:
    """`secret` must come as bearer token (as the bot sends it) or query argument `token`; ValueError if empty."""
    if not secret:
        raise ValueError("the action server needs the internal secret")
    app: Sanic[Any, Any] = Sanic(f"returndesk_actions_{new_id()}", configure_logging=False)
    app.config.REQUEST_MAX_SIZE = 8 * 1024 * 1024
    app.config.KEEP_ALIVE_TIMEOUT = 60
    expected = secret.encode()

    @app.get("/health")
    async def health(_request: Request) -> HTTPResponse:
        return json({"status": "ok", "actions": len(executor.actions)})

    @app.post("/webhook")
    async def webhook(request: Request) -> HTTPResponse:
        given = request.args.get("token") or request.token or ""
        if not hmac.compare_digest(given.encode("utf8", "surrogatepass"), expected):
            return json({"error": "the secret is wrong"}, status=401)
        return await _run(executor, request.json)

    @app.exception(Exception)
    async def failed(_request: Request, error: Exception) -> HTTPResponse:
        status = error.status_code if isinstance(error, SanicException) else 500
        if status == 500:
            logger.error("action failed: %s", without_words(error))
        return json({"error": type(error).__name__}, status=status)

    return app


async def _run(executor: ActionExecutor, call: Any) -> HTTPResponse:
    if not isinstance(call, dict) or not call.get("next_action"):
        return json({"error": "no action is named"}, status=422)
    name = str(call["next_action"])
    call.setdefault("domain", {})  # our actions do without it; the bot sends it only to those that ask for it
    try:
        result = await executor.run(call)
    except ActionExecutionRejection as rejection:
        return json({"error": rejection.message, "action_name": name}, status=400)
    except ActionNotFoundException as error:
        logger.error("unknown action %s", name)
        return json({"error": error.message, "action_name": name}, status=404)
    except ActionMissingDomainException as error:
        return json({"error": error.message, "action_name": name}, status=449)
    return json(result.model_dump() if result else None)


@asynccontextmanager
async def open_current(settings: Settings) -> AsyncIterator[Current]:
    """Opens the collaborators and provides them to this process for as long as the context lasts."""
    async with AsyncExitStack() as stack:
        context = await stack.enter_async_context(open_context(settings, short_reads=True))
        notifier = await stack.enter_async_context(open_notifier(settings))
        current = Current(settings, context, notifier)
        provide(current)
        try:
            yield current
        finally:
            provide(None)


def main() -> None:
    """Serves until it is told to stop."""
    settings = load_or_make(Settings())
    configure_logs()
    executor = ActionExecutor()
    executor.register_package("actions")
    app = create_app(executor, secret=settings.internal_secret.get_secret_value())
    stack = AsyncExitStack()

    @app.before_server_start
    async def open_all(_app: Sanic[Any, Any]) -> None:
        await stack.enter_async_context(open_current(settings))
        spare_what_stays()

    @app.after_server_stop
    async def close_all(_app: Sanic[Any, Any]) -> None:
        await stack.aclose()

    app.run("127.0.0.1", settings.actions_port, single_process=True, access_log=False, motd=False)


if __name__ == "__main__":
    main()
