"""What WeCom's customer service (微信客服) tells, and the messages that it takes.

As of developer.work.weixin.qq.com/document: path/94699 (sync_msg: messages and events), path/96427 (send_msg) and
path/96428 (send_msg_on_event). What is of another type is left alone or told as unreadable, never an error: one
message that cannot be read must not keep back those behind it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from aftersales.domain.channels import Grant, Push, PushKind, Sender, Words

CHANNEL = "wecom"
GRANT = Grant(5, timedelta(hours=48))
_CUSTOMER, _SYSTEM = 3, 4
_LAST_SECOND = 253_402_300_799  # of the year 9999
_LONGEST_CHOICE = 20
_FILES = ("image", "video", "file")
# Why a message that was taken did not arrive (fail_type of msg_send_fail).
_FAILURES = {
    1: "account_deleted",
    2: "app_closed",
    4: "over_48_hours",
    5: "session_closed",
    6: "over_5_messages",
    10: "customer_refused",
}

Body = dict[str, Any]


def _clean(text: str) -> str:
    """Without zero characters and halves of characters: both are valid in JSON and in no database."""
    return text.encode("utf8", "ignore").decode("utf8").replace("\x00", "")


Text = Annotated[str, AfterValidator(_clean)]
MessageId = Annotated[str, Field(max_length=128, pattern=r"^[!-~]+$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class TextPart(_Part):
    content: Text = ""
    menu_id: Text = ""


class Media(_Part):
    media_id: Annotated[str, Field(max_length=512, pattern=r"^[!-~]+$")]


class Place(_Part):
    name: Text = ""
    address: Text = ""


class ShopOrder(_Part):
    """An order that the customer shares out of a shop in WeChat."""

    order_id: Text = ""
    product_titles: Text = ""


class Event(_Part):
    event_type: str = ""
    open_kfid: str = ""
    external_userid: str = ""
    scene: Text = ""
    scene_param: Text = ""
    welcome_code: Text = ""
    fail_msgid: Text = ""
    fail_type: int = 0


class Item(_Part):
    """A message or an event. In events the ids of account and customer stand inside of the event."""

    model_config = ConfigDict(extra="allow")

    msgid: MessageId
    open_kfid: str = ""
    external_userid: str = ""
    send_time: Annotated[int, Field(ge=0, le=_LAST_SECOND)]
    origin: int
    msgtype: str
    text: TextPart = TextPart()
    location: Place = Place()
    channels_shop_order: ShopOrder = ShopOrder()
    event: Event = Event()

    @property
    def customer(self) -> str:
        return self.external_userid or self.event.external_userid

    @property
    def account(self) -> str:
        return self.open_kfid or self.event.open_kfid

    @property
    def media_id(self) -> str:
        """Raises ValidationError where there is none."""
        return Media.model_validate((self.model_extra or {}).get(self.msgtype)).media_id


def push_of(item: object, *, account: str, rank: int) -> Push | None:
    """None for what is no customer's doing, or of another account. Raises ValidationError."""
    read = Item.model_validate(item)
    told = _told(read)
    if told is None or not read.customer or read.account not in ("", account):
        return None
    kind, body = told
    return Push(
        sender=Sender(CHANNEL, account, read.customer),
        key=read.msgid,
        kind=kind,
        sent_at=datetime.fromtimestamp(read.send_time, UTC),
        rank=rank,
        body=body,
        grant=GRANT if read.origin == _CUSTOMER else None,
    )


def _told(item: Item) -> tuple[PushKind, Body] | None:
    if item.msgtype == "event":
        return _happened(item.event) if item.origin == _SYSTEM else None
    return _said(item) if item.origin == _CUSTOMER else None


def _happened(event: Event) -> tuple[PushKind, Body] | None:
    if event.event_type == "enter_session":
        body = {"scene": event.scene_param or event.scene}
        return PushKind.ENTER, body | ({"code": event.welcome_code} if event.welcome_code else {})
    if event.event_type == "msg_send_fail":
        reason = _FAILURES.get(event.fail_type, f"fail_type_{event.fail_type}")
        return PushKind.OUTCOME, {"reference": event.fail_msgid, "delivered": False, "reason": reason}
    return None


def _said(item: Item) -> tuple[PushKind, Body]:
    if item.msgtype == "text":
        choice = item.text.menu_id
        if choice.isascii() and choice.isdigit() and len(choice) <= _LONGEST_CHOICE:
            return PushKind.CHOICE, {"choice": choice, "text": item.text.content}
        return PushKind.TEXT, {"text": item.text.content}
    if item.msgtype in _FILES:
        try:
            return PushKind.FILE, {"media": item.media_id}
        except ValidationError:
            return PushKind.UNREADABLE, {}
    if item.msgtype == "voice":
        return PushKind.VOICE, {}
    if item.msgtype == "location":
        return PushKind.PLACE, {"text": f"{item.location.name} {item.location.address}".strip()}
    if item.msgtype == "channels_shop_order" and item.channels_shop_order.order_id:
        order = item.channels_shop_order
        return PushKind.TEXT, {"text": f"{order.order_id} {order.product_titles}".strip()}
    return PushKind.UNREADABLE, {}


def encode(body: Mapping[str, Any]) -> bytes:
    """Characters as they are: escapes are shown to the customer."""
    return json.dumps(body, ensure_ascii=False).encode("utf8", "ignore")


def words_body(words: Words) -> Body:
    """A text, or a menu where there are options; whom it is for is added by the caller."""
    if not words.options:
        return {"msgtype": "text", "text": {"content": words.text}}
    items = [{"type": "click", "click": {"id": option.id, "content": option.title}} for option in words.options]
    return {"msgtype": "msgmenu", "msgmenu": {"head_content": words.text, "list": items}}


def image_body(media: str) -> Body:
    return {"msgtype": "image", "image": {"media_id": media}}
