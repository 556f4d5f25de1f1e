"""Customers of WeCom's customer service: the port Channel.

Messages may be sent while the service state is 0 (new) or 1 (with the API): developer.work.weixin.qq.com/document,
path/94698. Each has an id of ours. WeCom refuses one that it has seen (path/96427); by which code it does not say.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import structlog
from pydantic import ValidationError

from aftersales.domain.channels import (
    Download,
    Manners,
    Notice,
    Picture,
    Pulled,
    Push,
    Refusal,
    Sender,
    Sent,
    Words,
)
from aftersales.domain.errors import OutcomeUnknown, Unavailable
from aftersales.ports import Clock
from connectors.wecom.client import WeComClient, WeComRefusal
from connectors.wecom.payloads import image_body, push_of, words_body

log = structlog.get_logger("returndesk.wecom")

_MANNERS = Manners(
    longest_text=2048, most_options=10, longest_head=1024, longest_title=128, pictures=True, limited=True
)
_REFUSALS = {
    95001: Refusal.SPENT,
    95002: Refusal.CLOSED,
    95013: Refusal.CLOSED,
    40096: Refusal.GONE,
}
_WRONG_STATE = 95018
_WRONG_CALL = 95007  # the token of a callback, over after ten minutes
_API_MAY_SEND = (0, 1)
_PAGE = 1000
_BEFORE_CONNECTING = timedelta(minutes=10)
_CATCHING_UP = "since:"
_MOST_UNCLEAR = 1000


class WeComChannel:
    """`unclear` are keys of messages of which this process does not know whether they arrived."""

    def __init__(self, client: WeComClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._unclear: dict[str, None] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()

    @property
    def manners(self) -> Manners:
        return _MANNERS

    async def send(self, to: Sender, item: Words | Picture, *, key: str, code: str = "") -> Sent:
        """With the code of an entry the message is the one that may greet, within 20 seconds (path/96428)."""
        greets = bool(code) and isinstance(item, Words)
        try:
            body = await self._body(item)
            if greets:
                told = await self._sent("kf/send_msg_on_event", {"code": code, **body}, key=key)
            else:
                told = await self._sent("kf/send_msg", {"touser": to.id, "open_kfid": to.account, **body}, key=key)
        except WeComRefusal as refusal:
            return await self._refused(refusal.errcode, to, key=key, greets=greets)
        self._unclear.pop(key, None)
        reference = told.get("msgid")
        return Sent(reference=reference if isinstance(reference, str) and reference else key)

    async def notify(self, to: Sender, notice: Notice, *, key: str) -> Sent:
        """There are no forms: whoever has not written for 48 hours cannot be reached here."""
        return Sent(refusal=Refusal.NO_FORM)

    async def show_typing(self, to: Sender) -> None:
        """Nothing is shown there."""

    async def fetch(self, account: str, media: str) -> Download:
        return await self._client.download(media)

    async def pull(self, account: str, *, cursor: str, token: str) -> Pulled:
        """One page; `more` may be said of an empty one.

        Without a cursor WeCom tells of the last three days. Nobody waits for an answer to that any more: until
        the first time that there is no more, only what was sent in the ten minutes before connecting counts. The
        moment goes before the cursor for so long.
        """
        since, place = _place_of(cursor, now=self._clock.now())
        told = await self._page(account, place, token)
        following = told.get("next_cursor")
        place = following if isinstance(following, str) and following else place
        more = told.get("has_more") == 1
        found = _pushes(told.get("msg_list"), account=account)
        pushes = tuple(push for push in found if since is None or push.sent_at >= since)
        if more and since is not None:
            place = f"{_CATCHING_UP}{int(since.timestamp())}:{place}"
        return Pulled(pushes, place, more)

    async def _page(self, account: str, place: str, token: str) -> Mapping[str, Any]:
        """sync_msg (path/94699). Without the token of a callback it is allowed less often. Raises Unavailable."""
        body = {"open_kfid": account, "limit": _PAGE, "voice_format": 0, **({"cursor": place} if place else {})}
        try:
            return await self._client.ask("kf/sync_msg", body | ({"token": token} if token else {}))
        except WeComRefusal as refusal:
            if refusal.errcode != _WRONG_CALL or not token:
                raise Unavailable(f"errcode {refusal.errcode}") from None
        try:
            return await self._client.ask("kf/sync_msg", body)
        except WeComRefusal as refusal:
            raise Unavailable(f"errcode {refusal.errcode}") from None

    async def _body(self, item: Words | Picture) -> dict[str, Any]:
        if isinstance(item, Words):
            return words_body(item)
        return image_body(await self._client.upload((item.name, item.content, item.media_type)))

    async def _sent(self, path: str, body: Mapping[str, Any], *, key: str) -> Mapping[str, Any]:
        try:
            return await self._client.send(path, {**body, "msgid": key})
        except OutcomeUnknown:
            self._unclear = dict(list(self._unclear.items())[-_MOST_UNCLEAR:]) | {key: None}
            raise

    async def _refused(self, errcode: int, to: Sender, *, key: str, greets: bool) -> Sent:
        """Raises Unavailable where the state allows it now, as between two calls."""
        if errcode == _WRONG_STATE:
            return await self._of_state(to)
        if errcode in _REFUSALS:
            return Sent(refusal=_REFUSALS[errcode])
        if key in self._unclear:  # it had arrived: its id is refused the second time
            del self._unclear[key]
            return Sent(reference=key)
        return Sent(refusal=Refusal.CLOSED if greets else Refusal.REFUSED)

    async def _of_state(self, to: Sender) -> Sent:
        """Whoever is with an agent in WeCom, or waits for one, is not written to by the API."""
        try:
            told = await self._client.ask(
                "kf/service_state/get", {"open_kfid": to.account, "external_userid": to.id}
            )
        except WeComRefusal as refusal:
            raise Unavailable(f"errcode {refusal.errcode}") from None
        state = told.get("service_state")
        if state in _API_MAY_SEND:
            raise Unavailable("the state has changed")
        log.warning("wecom_state_does_not_allow", state=state if isinstance(state, int) else None)
        return Sent(refusal=Refusal.CLOSED)


def _place_of(cursor: str, *, now: datetime) -> tuple[datetime | None, str]:
    """From when on messages count (None for all), and WeCom's own cursor."""
    if not cursor:
        return now - _BEFORE_CONNECTING, ""
    if not cursor.startswith(_CATCHING_UP):
        return None, cursor
    seconds, _, place = cursor.removeprefix(_CATCHING_UP).partition(":")
    return datetime.fromtimestamp(int(seconds), UTC), place


def _pushes(items: object, *, account: str) -> list[Push]:
    """In WeCom's order. What cannot be read is left out and counted in the log."""
    found: list[Push] = []
    unreadable = 0
    for rank, item in enumerate(items if isinstance(items, list) else []):
        try:
            push = push_of(item, account=account, rank=rank)
        except ValidationError:
            unreadable += 1
            continue
        if push is not None:
            found.append(push)
    if unreadable:
        log.warning("wecom_items_unreadable", count=unreadable)
    return found
