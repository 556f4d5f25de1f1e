"""What WeChat pushes, as the services know it.

Messages and events as of developers.weixin.qq.com/doc/service/guide/product/message (Receiving_standard_messages,
Receiving_event_pushes), for mini-programs .../miniprogram/dev/framework/open-ability/customer-message/receive, and
for notices .../product/subscription_messages/push. How many answers each allows: .../api/customer/message/
api_sendcustommessage.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from aftersales.domain.channels import Grant, Push, PushKind, Sender
from connectors.wechat.accounts import AccountKind
from connectors.wechat.envelopes import Fields, Unreadable, parts_of, text_of

OF_MESSAGE = Grant(5, timedelta(hours=48))
OF_CLICK = Grant(3, timedelta(minutes=1))
OF_ENTERING = Grant(2, timedelta(minutes=1))

_STICKER = "【收到不支持的消息类型，暂无法显示】"
_LONGEST_KEY = 128
_LONGEST_ID = 128
_LONGEST_OPTION = 20
_LONGEST_REASON = 64

Told = tuple[PushKind, dict[str, Any], Grant | None]
_UNREADABLE: Told = (PushKind.UNREADABLE, {}, OF_MESSAGE)


def read_push(fields: Fields, *, account: str, kind: AccountKind) -> Push | None:
    """One push; None for one that says nothing to us. Raises Unreadable where it is in no known form.

    The key of a message is its MsgId; events have none, so theirs is made of what tells one from another.
    """
    sender = text_of(fields, "fromusername")
    type_ = text_of(fields, "msgtype").lower()
    if not type_ or not 0 < len(sender) <= _LONGEST_ID:
        raise Unreadable("no message")
    at = _time(text_of(fields, "createtime"))
    told = _event(fields) if type_ == "event" else _message(type_, fields)
    if told is None:
        return None
    return Push(
        sender=Sender(kind.value, account, sender),
        key=_key(fields, type_=type_, sender=sender),
        kind=told[0],
        sent_at=at,
        body=told[1],
        grant=told[2],
    )


def _message(type_: str, fields: Fields) -> Told:
    """Types that are not known are something that the customer sent and that cannot be read."""
    reader = _MESSAGES.get(type_)
    return reader(fields) if reader is not None else _UNREADABLE


def _text(fields: Fields) -> Told:
    """The click on a menu's item is a text with the item's id, and allows less than one that was typed."""
    content = text_of(fields, "content")
    option = text_of(fields, "bizmsgmenuid")
    if option:
        ours = option.isascii() and option.isdigit() and len(option) <= _LONGEST_OPTION
        choice = {"choice": option, "text": content}
        return (PushKind.CHOICE, choice, OF_CLICK) if ours else (PushKind.TEXT, {"text": content}, OF_CLICK)
    if not content.strip() or content.strip() == _STICKER:
        return _UNREADABLE
    return PushKind.TEXT, {"text": content}, OF_MESSAGE


def _file(fields: Fields) -> Told:
    media = text_of(fields, "mediaid")
    return (PushKind.FILE, {"media": media}, OF_MESSAGE) if media else _UNREADABLE


def _voice(fields: Fields) -> Told:
    """What WeChat has heard is withdrawn by and by (its staff, June 2023), so it is often missing or empty."""
    return PushKind.VOICE, {"text": text_of(fields, "recognition")}, OF_MESSAGE


def _place(fields: Fields) -> Told:
    """Without a label, the latitude and the longitude."""
    where = ", ".join(filter(None, (text_of(fields, "location_x"), text_of(fields, "location_y"))))
    place = text_of(fields, "label").strip() or where
    return (PushKind.PLACE, {"text": place}, OF_MESSAGE) if place else _UNREADABLE


def _titled(fields: Fields) -> Told:
    """A page that is passed on counts as its title. Its address would be taken for numbers of orders."""
    title = text_of(fields, "title").strip()
    return (PushKind.TEXT, {"text": title}, OF_MESSAGE) if title else _UNREADABLE


_MESSAGES: dict[str, Callable[[Fields], Told]] = {
    "text": _text,
    "image": _file,
    "video": _file,
    "shortvideo": _file,
    "voice": _voice,
    "location": _place,
    "link": _titled,
    "miniprogrampage": _titled,
}


def _event(fields: Fields) -> Told | None:
    reader = _EVENTS.get(text_of(fields, "event").lower())
    return reader(fields) if reader is not None else None


def _menu(fields: Fields) -> Told | None:
    entry = text_of(fields, "eventkey")
    return (PushKind.MENU, {"text": entry}, OF_CLICK) if entry else None


def _follow(fields: Fields) -> Told:
    return PushKind.ENTER, {"scene": text_of(fields, "eventkey").removeprefix("qrscene_")}, OF_CLICK


def _enter(fields: Fields) -> Told:
    return PushKind.ENTER, {"scene": text_of(fields, "sessionfrom")}, OF_ENTERING


def _leave(fields: Fields) -> Told:
    return PushKind.LEAVE, {}, None


def _template_done(fields: Fields) -> Told:
    status = text_of(fields, "status")
    return PushKind.OUTCOME, _outcome(text_of(fields, "msgid"), status, ok=status == "success"), None


def _consent(fields: Fields) -> Told:
    """One "accept" allows one notice; "reject" none."""
    answers = {
        text_of(part, "templateid"): int(text_of(part, "subscribestatusstring").lower() == "accept")
        for part in _listed(fields)
        if text_of(part, "templateid")
    }
    return PushKind.CONSENT, answers, None


def _notice_sent(fields: Fields) -> Told | None:
    for part in _listed(fields):
        reference, status = text_of(part, "msgid"), text_of(part, "errorstatus")
        if reference:
            return PushKind.OUTCOME, _outcome(reference, status, ok=text_of(part, "errorcode") == "0"), None
    return None


_EVENTS: dict[str, Callable[[Fields], Told | None]] = {
    "subscribe": _follow,
    "scan": _follow,
    "unsubscribe": _leave,
    "user_enter_tempsession": _enter,
    "click": _menu,
    "scancode_push": _menu,
    "scancode_waitmsg": _menu,
    "templatesendjobfinish": _template_done,
    "subscribe_msg_popup_event": _consent,
    "subscribe_msg_change_event": _consent,
    "subscribe_msg_sent_event": _notice_sent,
}


def _outcome(reference: str, status: str, *, ok: bool) -> dict[str, Any]:
    return {"reference": reference, "delivered": ok, "reason": "" if ok else status[:_LONGEST_REASON]}


def _listed(fields: Fields) -> list[Fields]:
    """In XML below the event's own name, in JSON at once (WxJava issue 2400)."""
    event = text_of(fields, "event").lower().replace("_", "")
    return [
        *parts_of(fields, "list"),
        *(part for below in parts_of(fields, event) for part in parts_of(below, "list")),
    ]


def _key(fields: Fields, *, type_: str, sender: str) -> str:
    number = text_of(fields, "msgid")
    if type_ != "event" and number:
        return _short(f"m:{number}")
    details = (text_of(fields, name) for name in ("createtime", "event", "eventkey", "msgid"))
    listed = "".join(sorted(text_of(part, name) for part in _listed(fields) for name in ("templateid", "msgid")))
    return _short(":".join(("e", type_, sender, *details, listed)))


def _short(key: str) -> str:
    return key if len(key) <= _LONGEST_KEY else sha256(key.encode()).hexdigest()


def _time(seconds: str) -> datetime:
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 10):
        raise Unreadable("no time")
    return datetime.fromtimestamp(int(seconds), UTC)
