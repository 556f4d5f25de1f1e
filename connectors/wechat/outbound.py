"""Customers in WeChat, as the services write to them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from email.message import Message

import structlog

from aftersales.domain.channels import (
    Download,
    Manners,
    Notice,
    Picture,
    Pulled,
    Refusal,
    Sender,
    Sent,
    Words,
)
from aftersales.domain.errors import NotFound, OutcomeUnknown, Unavailable
from connectors.wechat.accounts import AccountKind
from connectors.wechat.client import WeChatClient
from connectors.wechat.codes import OK, WRONG_FIELD, Reply, refusal_of
from connectors.wechat.notices import Forms
from connectors.wechat.payloads import Body, image_body, typing_body, words_body
from connectors.wechat.pictures import fit

log = structlog.get_logger("returndesk.wechat")

_SEND = "/cgi-bin/message/custom/send"
_TYPING = {
    AccountKind.SERVICE: "/cgi-bin/message/custom/typing",
    AccountKind.MINI: "/cgi-bin/message/custom/business/typing",
}
_LONGEST_TEXT = 2048  # bytes: measured by many, told by no page of WeChat's
# Its page names no limits of a menu, so those are taken that WeCom's page names for the same thing.
_MOST_OPTIONS = 10
_LONGEST_HEAD = 1024
_LONGEST_TITLE = 128
_LONGEST_NAME = 120


class WeChatChannel:
    """The port Channel, for one account. `menus`: it is a verified service account, which alone has menus.

    WeChat knows no keys for messages, so a message of which nobody knows may arrive twice when it is sent again.
    """

    def __init__(self, client: WeChatClient, *, forms: Forms, menus: bool = False) -> None:
        self._client = client
        self._forms = forms
        self._manners = Manners(
            longest_text=_LONGEST_TEXT,
            most_options=_MOST_OPTIONS if menus else 0,
            longest_head=_LONGEST_HEAD,
            longest_title=_LONGEST_TITLE,
            pictures=True,
            limited=True,
        )

    @property
    def manners(self) -> Manners:
        return self._manners

    async def send(self, to: Sender, item: Words | Picture, *, key: str, code: str = "") -> Sent:
        self._check(to.account)
        if isinstance(item, Picture):
            return await self._send_picture(to, item)
        labelled = self._client.account.kind is AccountKind.SERVICE
        return await self._post(_SEND, words_body(to.id, item, labelled=labelled))

    async def notify(self, to: Sender, notice: Notice, *, key: str) -> Sent:
        """By the form of this response, or the default one; NO_FORM where the shop has neither."""
        self._check(to.account)
        form = self._forms.of(notice.response)
        if form is None:
            return Sent(refusal=Refusal.NO_FORM)
        return await self._post(form.path, form.body(to.id, notice, key=key))

    async def show_typing(self, to: Sender) -> None:
        """For some seconds. What WeChat says to it is of no matter (too often, too late, no such right)."""
        with suppress(Unavailable, OutcomeUnknown):
            await self._client.post(_TYPING[self._client.account.kind], typing_body(to.id))

    async def fetch(self, account: str, media: str) -> Download:
        self._check(account)
        file = await self._client.download(media)
        return Download(_name(file.headers.get("content-disposition", "")), file.content)

    async def pull(self, account: str, *, cursor: str, token: str) -> Pulled:
        """WeChat pushes everything by itself, so there is nothing to pull. Raises NotFound."""
        raise NotFound("pull")

    def _check(self, account: str) -> None:
        """An account that is connected no more. Raises Unavailable."""
        if account != self._client.account.app_id:
            raise Unavailable("account")

    async def _send_picture(self, to: Sender, picture: Picture) -> Sent:
        try:
            fitting = await asyncio.to_thread(fit, picture)
        except (OSError, SyntaxError, ValueError):  # as Pillow tells of damaged ones
            return Sent(refusal=Refusal.REFUSED)
        uploaded = await self._client.upload(fitting.content, name=fitting.name, media_type=fitting.media_type)
        media = uploaded.fields.get("media_id")
        if uploaded.errcode != OK:
            return _sent(uploaded)
        if not isinstance(media, str) or not media:
            raise Unavailable("unreadable")
        return await self._post(_SEND, image_body(to.id, media))

    async def _post(self, path: str, body: Body) -> Sent:
        return _sent(await self._client.post(path, body))


def _sent(reply: Reply) -> Sent:
    refusal = refusal_of(reply)
    if refusal is None:
        number = reply.fields.get("msgid", "")
        return Sent(reference=str(number) if isinstance(number, int | str) else "")
    if refusal is Refusal.REFUSED or reply.errcode == WRONG_FIELD:
        log.error("wechat_message_refused", errcode=reply.errcode, rid=reply.rid)
    return Sent(refusal=refusal)


def _name(disposition: str) -> str:
    """The last part of the file's name, without what might be a path."""
    header = Message()
    header["Content-Disposition"] = disposition.replace("\r", " ").replace("\n", " ")
    name = header.get_filename("") or ""
    return name.replace("\\", "/").rpartition("/")[2][:_LONGEST_NAME]
