"""What the desk's handlers share: collaborators, who is signed in, pages and redirects."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sanic import HTTPResponse, Request
from sanic.response import html, redirect

from aftersales.domain.accounts import Right
from aftersales.domain.texts import Language
from aftersales.services.accounts import OWNER
from aftersales.services.context import Context
from connectors.web.chat import Sockets
from desk.elsewhere import SignInElsewhere
from desk.known import Known
from desk.rendering import Pages
from desk.sessions import DeskSession
from desk.tries import Tries
from runtime.buckets import Buckets
from runtime.live import Live

COOKIE = "desk_session"
DEVICE_COOKIE = "desk_device"
FORM_COOKIE = "desk_form"
PREFIX = "/desk"
_OF_ONE_ANSWER = frozenset({"lang", "done", "problem"})


@dataclass(frozen=True)
class Desk:
    """`key` is that of the accounts' secrets; `secure` where browsers come by https.

    `folder` holds the customers' files. `live` wakes who waits for news of a conversation. `sockets` are open per
    account; a session is looked at again every `recheck_seconds`. `elsewhere` is the shop's identity provider;
    without `passwords` people sign in there alone.
    """

    context: Context
    key: bytes
    secure: bool
    folder: Path
    live: Live
    shop_name: str = ""
    elsewhere: SignInElsewhere | None = None
    passwords: bool = True
    recheck_seconds: float = 25.0
    sockets: Sockets = field(default_factory=lambda: Sockets(most=10))
    frames: Buckets = field(default_factory=lambda: Buckets(120, seconds=60))

    @cached_property
    def tries(self) -> Tries:
        return Tries(self.key)

    @cached_property
    def known(self) -> Known:
        return Known(self.context)

    @cached_property
    def pages(self) -> Pages:
        return Pages(zone=self.context.zone)


def desk_of(request: Request) -> Desk:
    desk: Desk = request.app.ctx.desk
    return desk


def language_of(request: Request) -> Language:
    """From ?lang=, else that of a sign-in elsewhere, the account's, the browser's; Chinese where nobody says."""
    wished = request.args.get("lang")
    if wished in ("zh", "en"):
        return "zh" if wished == "zh" else "en"
    begun: Language | None = getattr(request.ctx, "desk_language", None)
    if begun is not None:
        return begun
    session = session_of(request)
    if session is not None:
        return session.account.language
    first = request.headers.get("accept-language", "zh").strip().lower()
    return "en" if first.startswith("en") else "zh"


def session_of(request: Request) -> DeskSession | None:
    """Whose it is was looked up before the page (desk.sign_in.load_session)."""
    session: DeskSession | None = getattr(request.ctx, "desk_session", None)
    return session


def show(request: Request, template: str, *, status: int = 200, page: str = "", **values: Any) -> HTTPResponse:
    """A page; `problem` and `done` of the query become the line at its top.

    `problem_words` say more about a problem than its name does. `page` is the address below /desk at which it is
    read again, where it answers a form.
    """
    desk, session = desk_of(request), session_of(request)
    problem = request.args.get("problem", "")
    values.setdefault("problem_words", "")
    values.setdefault("problem", problem if desk.pages.knows(f"problem_{problem}") else "")
    path, _, query = f"{PREFIX}/{page}".partition("?") if page else (request.path, "", request.query_string)
    rendered = desk.pages.render(
        template,
        language=language_of(request),
        now=desk.context.clock.now(),
        done=request.args.get("done") == "1",
        path=path,
        query=_kept(query),
        session=session,
        rule_troubles=_rule_troubles(desk, session),
        unnamed=session is not None and session.account.display_name == OWNER,
        **values,
    )
    return html(rendered, status=status, headers={"Content-Language": language_of(request)})


def _rule_troubles(desk: Desk, session: DeskSession | None) -> tuple[str, ...]:
    """What keeps changed rules from being used, for whoever looks after the shop."""
    if session is None or not session.account.may(Right.MANAGE_ACCOUNTS):
        return ()
    return tuple(desk.context.rules.troubles.values())


def _kept(query: str) -> str:
    """What of the query chooses what the page shows, ready for a parameter more."""
    kept = [(name, value) for name, value in parse_qsl(query) if name not in _OF_ONE_ANSWER]
    return f"{urlencode(kept)}&" if kept else ""


def back_to(request: Request, page: str, **query: str) -> HTTPResponse:
    """Redirect after a form; `page` is below /desk and chosen by us."""
    words = "&".join(f"{name}={value}" for name, value in {"lang": language_of(request), **query}.items())
    return redirect(f"{PREFIX}/{page}?{words}", status=303)
