"""The simulated WeChat's verdict on each call, as a number that its pages name, in the order in which it looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from connectors.wechat.accounts import AccountKind
from tests.connectors.wechat.sim_state import AccountState, Person, Shown

Body = Mapping[str, Any]
Verdict = tuple[int, str] | dict[str, Any]
OK = (0, "ok")

_LONGEST_TEXT = 2048
_TYPING_AFTER = timedelta(seconds=30)
_TYPING_LASTS = timedelta(seconds=15)
_FIELDS = {"thing": 20, "phrase": 5, "character_string": 32}


def send(state: AccountState, body: Body) -> Verdict:
    person = state.person(str(body.get("touser")))
    if person is None:
        return 40003, "invalid openid"
    shown = _shown(state, body)
    if isinstance(shown, tuple):
        return shown
    now = state.clock.now()
    if not person.follows or person.until is None or now >= person.until:
        return 45015, "response out of time limit or subscription is canceled"
    if person.left <= 0:
        return 45047, "out of response count limit"
    person.left -= 1
    person.typing_until = None
    person.received.append(shown)
    return OK


def _shown(state: AccountState, body: Body) -> Shown | tuple[int, str]:
    kind = body.get("msgtype")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None or not isinstance(body.get(str(kind)), dict):
        return 40008, "invalid message type"
    return reader(state, body)


def _text(state: AccountState, body: Body) -> Shown | tuple[int, str]:
    content = body["text"].get("content")
    if not isinstance(content, str) or not content.strip():
        return 44004, "empty content"
    if len(content.encode()) > _LONGEST_TEXT:
        return 45002, "content size out of limit"
    labelled = body.get("aimsgcontext", {}).get("is_ai_msg") == 1
    return Shown(kind="text", text=content, labelled=labelled and state.kind is AccountKind.SERVICE)


def _image(state: AccountState, body: Body) -> Shown | tuple[int, str]:
    kept = state.found(body["image"].get("media_id"))
    return Shown(kind="image", image=kept.content) if kept else (40007, "invalid media_id")


def _menu(state: AccountState, body: Body) -> Shown | tuple[int, str]:
    if state.kind is not AccountKind.SERVICE or not state.verified:
        return 40200, "invalid account type"
    menu = body["msgmenu"]
    options = {str(item["id"]): str(item["content"]) for item in menu.get("list", [])}
    return Shown(kind="menu", text=str(menu.get("head_content", "")), options=options)


_READERS: dict[str, Callable[[AccountState, Body], Shown | tuple[int, str]]] = {
    "text": _text,
    "image": _image,
    "msgmenu": _menu,
}


def typing(state: AccountState, body: Body) -> Verdict:
    person, now = state.person(str(body.get("touser"))), state.clock.now()
    if person is None:
        return 40003, "invalid openid"
    if body.get("command") not in ("Typing", "CancelTyping"):
        return 45072, "invalid command"
    if body["command"] == "CancelTyping":
        person.typing_until = None
        return OK
    if person.acted_at is None or now - person.acted_at > _TYPING_AFTER:
        return 45080, "client not interacted in the last 30 seconds"
    if person.typing_until is not None and now < person.typing_until:
        return 45081, "typing already"
    person.typing_until = now + _TYPING_LASTS
    return OK


def template(state: AccountState, body: Body) -> Verdict:
    """The template of a service account; what became of it is pushed afterwards."""
    checked = _notice(state, body)
    if not isinstance(checked, Person):
        return checked
    if not checked.follows:
        return 43004, "require subscribe"
    number = next(state.numbers)
    status = "failed:user block" if checked.blocks_notices else "success"
    if not checked.blocks_notices:
        checked.received.append(Shown(kind="notice", notice=dict(body)))
    event = {"Event": "TEMPLATESENDJOBFINISH", "MsgID": number, "Status": status}
    state.events.append({"FromUserName": checked.openid, **event})
    return {"errcode": 0, "errmsg": "ok", "msgid": number}


def subscription(state: AccountState, body: Body) -> Verdict:
    """A notice for which the customer has agreed to one."""
    checked = _notice(state, body)
    if not isinstance(checked, Person):
        return checked
    name = str(body["template_id"])
    if checked.consents.get(name, 0) <= 0:
        return 43101, "user refuse to accept the msg"
    checked.consents[name] -= 1
    checked.received.append(Shown(kind="notice", notice=dict(body)))
    return OK


def _notice(state: AccountState, body: Body) -> Person | tuple[int, str]:
    person = state.person(str(body.get("touser")))
    if person is None:
        return 40003, "invalid openid"
    if body.get("template_id") not in state.templates:
        return 40037, "invalid template_id"
    data = body.get("data")
    for name, value in (data if isinstance(data, dict) else {}).items():
        text = value.get("value") if isinstance(value, dict) else None
        limit = _FIELDS.get(name.rstrip("0123456789"), 100)
        if not isinstance(text, str) or not text or len(text) > limit:
            return 47003, f"argument invalid! data.{name}.value invalid"
    return person
