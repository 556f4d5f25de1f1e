"""The front: the only process that is open to the internet. `python -m runtime.front`."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from sanic import Sanic

from aftersales.domain.ids import new_id
from aftersales.ports import Bot
from aftersales.services.accounts import provide_owner
from aftersales.services.answering import answer_pending
from aftersales.services.context import Context
from aftersales.services.conversations import latest
from connectors.chatwoot.inbound import ChatwootNotices, chatwoot_notices_blueprint
from connectors.email.inbound import BounceNotices, bounce_notices_blueprint
from connectors.medusa.inbound import MedusaNotices, medusa_notices_blueprint
from connectors.refund_service.inbound import RefundNotices, refund_notices_blueprint
from connectors.shopify.inbound import ShopifyNotices, shopify_notices_blueprint
from connectors.web.chat import Chat
from connectors.web.inbound import add_cors, chat_blueprint, guard_origin
from connectors.web.messages import Shown
from connectors.web.problems import ProblemTexts
from connectors.web.site_token import SiteTokens
from connectors.web.socket import FRAME_LIMIT
from desk.application import Desk
from desk.elsewhere import SignInElsewhere
from desk.routes import desk_blueprint
from runtime import requests
from runtime.answers import Answers
from runtime.api_docs.pages import docs_blueprint
from runtime.buckets import Buckets
from runtime.channels import channel_names
from runtime.demo_pay import pay_blueprint
from runtime.demo_routes import demo_blueprint, open_demo
from runtime.front_apps import mount_apps, open_apps
from runtime.headers import add_security_headers
from runtime.health import Health, health_blueprint
from runtime.identity import open_identity
from runtime.live import Live
from runtime.logs import configure_logs
from runtime.merchant_access import Merchant
from runtime.merchant_api import merchant_blueprint
from runtime.merchant_lists import lists_blueprint
from runtime.merchant_statements import statements_blueprint
from runtime.merchant_webhooks import webhooks_blueprint
from runtime.secret_files import load_or_make
from runtime.settings import Settings
from runtime.signed_pages import provide_signed_pages, signed_page_blueprints
from runtime.static_files import Folder
from runtime.wiring import make_bot, open_context

ROOT = Path(__file__).resolve().parent.parent
DRAIN_SECONDS = 1.5
_SHARED = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}

OpenContext = Callable[[Settings], AbstractAsyncContextManager[Context]]
MakeBot = Callable[[Settings], Bot]
App = Sanic[Any, Any]


def create_front(
    settings: Settings, *, open_context: OpenContext = open_context, make_bot: MakeBot = make_bot
) -> App:
    """The application; collaborators are opened when the server starts and closed when it stops.

    Raises ValueError when the site token key cannot be used.
    """
    app: App = Sanic(f"returndesk_front_{new_id()}", configure_logging=False)
    _configure(app, settings)
    app.ctx.problem_texts = ProblemTexts.load()
    app.ctx.shown = Shown()
    site_tokens = SiteTokens(settings.site_token_key.get_secret_value(), audience=settings.site_token_audience)
    requests.install(app)
    add_middleware: Any = app.register_middleware
    add_middleware(guard_origin, "request")
    add_middleware(add_cors, "response")
    add_middleware(add_security_headers, "response")
    app.blueprint([chat_blueprint(), lists_blueprint(), merchant_blueprint(), statements_blueprint()])
    app.blueprint(webhooks_blueprint(local=settings.demo))
    app.blueprint([desk_blueprint(), docs_blueprint(), health_blueprint()])
    app.blueprint(signed_page_blueprints())
    if settings.refund_service_url:
        app.blueprint(refund_notices_blueprint())
    if settings.chatwoot_url:
        app.blueprint(chatwoot_notices_blueprint())
    if settings.shop == "medusa" and settings.medusa_webhook_secret.get_secret_value():
        app.blueprint(medusa_notices_blueprint())
    if settings.shop == "shopify" and settings.shopify_webhook_secret.get_secret_value():
        app.blueprint(shopify_notices_blueprint())
    if settings.mail_bounce_secret.get_secret_value():
        app.blueprint(bounce_notices_blueprint())
    mount_apps(app, settings)
    _add_files(app, settings)
    stack = AsyncExitStack()

    async def begin(_app: App) -> None:
        context = await stack.enter_async_context(open_context(settings))
        await provide_owner(context, password=settings.merchant_key.get_secret_value())
        elsewhere = await stack.enter_async_context(open_identity(settings))
        bot = make_bot(settings)
        _provide(app, settings, context=context, bot=bot, site_tokens=site_tokens, elsewhere=elsewhere)
        await stack.enter_async_context(open_apps(app, settings, context=context))
        if settings.demo:
            app.ctx.demo = await stack.enter_async_context(open_demo(settings, context))
        app.ctx.poller = asyncio.create_task(app.ctx.chat.live.run(), name="live")

    async def finish(_app: App) -> None:
        """Lets waiting clients go first, then waits a little for answers that are being made."""
        app.ctx.chat.live.close()
        await app.ctx.chat.answers.drain(seconds=DRAIN_SECONDS)

    async def close(_app: App) -> None:
        app.ctx.poller.cancel()
        await asyncio.gather(app.ctx.poller, return_exceptions=True)
        await stack.aclose()

    app.before_server_start(begin)
    app.before_server_stop(finish)
    app.after_server_stop(close)
    return app


def _configure(app: App, settings: Settings) -> None:
    app.config.ACCESS_LOG = False
    app.config.TOUCHUP = (
        False  # it rewrites Sanic itself, once per process, so that a second application could not start
    )
    # Handlers hold their own, lower limits; up to this much is read to the end so that the refusal arrives.
    app.config.REQUEST_MAX_SIZE = 32 * 1024 * 1024
    app.config.REQUEST_TIMEOUT = 30
    app.config.RESPONSE_TIMEOUT = 60
    app.config.KEEP_ALIVE_TIMEOUT = 75
    app.config.GRACEFUL_SHUTDOWN_TIMEOUT = 1.0
    app.config.WEBSOCKET_MAX_SIZE = FRAME_LIMIT
    app.config.FALLBACK_ERROR_FORMAT = "json"
    if settings.trusted_proxies:
        app.config.PROXIES_COUNT = settings.trusted_proxies


def _provide(
    app: App,
    settings: Settings,
    *,
    context: Context,
    bot: Bot,
    site_tokens: SiteTokens,
    elsewhere: SignInElsewhere | None,
) -> None:
    live = Live(partial(latest, context))

    async def answer(conversation_id: str) -> None:
        try:
            await answer_pending(context, bot, conversation_id=conversation_id)
        finally:
            live.wake(conversation_id)

    app.ctx.chat = Chat(
        context=context,
        live=live,
        answers=Answers(answer),
        site_tokens=site_tokens,
        folder=settings.data / "attachments",
        origins=frozenset(settings.allowed_origins),
        apps=channel_names(settings),
    )
    key = settings.merchant_key.get_secret_value()
    app.ctx.health = Health(context, bot, data=settings.data)
    app.ctx.merchant = Merchant(
        context=context,
        key=key,
        vault=settings.account_key.get_secret_value().encode(),
        wrong_keys=Buckets(10, seconds=60),
        requests=Buckets(600, seconds=60),
    )
    app.ctx.refund_notices = RefundNotices(
        context=context,
        token=settings.refund_service_token.get_secret_value(),
        wrong_tokens=Buckets(10, seconds=60),
    )
    app.ctx.medusa_notices = MedusaNotices(
        context=context,
        secret=settings.medusa_webhook_secret.get_secret_value(),
        wrong_signatures=Buckets(10, seconds=60),
    )
    app.ctx.shopify_notices = ShopifyNotices(
        context=context,
        secret=settings.shopify_webhook_secret.get_secret_value(),
        shop=settings.shopify_shop,
        wrong_signatures=Buckets(10, seconds=60),
    )
    provide_signed_pages(app, context, shop_name=settings.shop_name)
    app.ctx.bounce_notices = BounceNotices(
        context=context,
        secret=settings.mail_bounce_secret.get_secret_value(),
        wrong_signatures=Buckets(10, seconds=60),
    )
    app.ctx.chatwoot_notices = ChatwootNotices(
        context=context,
        secret=settings.chatwoot_webhook_secret.get_secret_value(),
        wrong_secrets=Buckets(10, seconds=60),
    )
    app.ctx.desk = Desk(
        context=context,
        key=settings.account_key.get_secret_value().encode(),
        secure=settings.front_url.startswith("https:"),
        folder=settings.data / "attachments",
        live=live,
        shop_name=settings.shop_name,
        elsewhere=elsewhere,
        passwords=settings.password_sign_in,
    )


def _add_files(app: App, settings: Settings) -> None:
    add: Any = app.add_route
    widget = Folder(ROOT / "connectors" / "web" / "widget", headers=_SHARED)
    media = Folder(settings.data / "media", headers=_SHARED, sandbox_svg=True)
    add(widget.file, "/widget/<path:path>", methods=["GET"], name="widget")
    add(media.file, "/media/<path:path>", methods=["GET"], name="media")
    if settings.demo:
        app.blueprint(pay_blueprint(ROOT / "runtime" / "pages" / "pay"))
        app.blueprint(demo_blueprint(lambda name: Folder(ROOT / "runtime" / "pages" / name)))


async def serve(app: App, *, sock: socket.socket, stop: asyncio.Event) -> None:
    """Serves on a bound socket until `stop` is set, then ends within three seconds."""
    server: Any = await app.create_server(
        sock=sock, access_log=False, asyncio_server_kwargs={"start_serving": False}
    )
    await server.startup()
    await server.before_start()
    await server.start_serving()
    await server.after_start()
    await stop.wait()
    await server.before_stop()
    await _let_go(server)
    await server.after_stop()


async def _let_go(server: Any) -> None:
    """Closes the port, lets requests finish for a moment, then cuts what is still open."""
    server.server.close()
    for connection in tuple(server.connections):
        connection.close_if_idle()
    with suppress(TimeoutError):
        async with asyncio.timeout(1.0):
            while server.connections:  # noqa: ASYNC110  (nobody tells when the last one closes)
                await asyncio.sleep(0.05)
    for connection in tuple(server.connections):
        connection.abort()
    await server.wait_closed()


def bind(settings: Settings) -> socket.socket:
    """A listening socket at host and port. Raises OSError."""
    return socket.create_server((settings.host, settings.port), backlog=256, reuse_port=False)


async def _run(settings: Settings, sock: socket.socket) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    structlog.get_logger("returndesk.front").info("front_listening", url=settings.front_url)
    await serve(create_front(settings), sock=sock, stop=stop)


def main() -> int:
    """Exit status 1 when the port is taken."""
    settings = load_or_make(Settings())
    configure_logs()
    try:
        sock = bind(settings)
    except OSError as error:
        reason = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        print(f"{settings.host}:{settings.port} {reason}; set RETURNDESK_PORT to a free port.", file=sys.stderr)
        return 1
    with sock:
        asyncio.run(_run(settings, sock))
    return 0


if __name__ == "__main__":
    sys.exit(main())
