"""What Telegram tells of private chats, and the messages that it takes.

Names and limits are those of core.telegram.org/bots/api: objects Update, Message, CallbackQuery; methods
sendMessage and sendPhoto. Whatever else there is (groups, channels, edits, reactions) is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from aftersales.domain.channels import Option, Push, PushKind, Sender
from aftersales.domain.texts import LANGUAGES

CHANNEL = "telegram"
LARGEST_FILE = 10 * 1024 * 1024
_LAST_SECOND = 253_402_300_799  # of the year 9999
_PRIVATE = "private"
_START = re.compile(r"/start(?:@\w{1,64})?(?: +([A-Za-z0-9_-]{1,64}))?\s*")
_OUR_CHOICE = re.compile(r"[0-9]{1,20}")
_CANNOT_BE_READ = ("sticker", "contact", "dice", "poll", "game", "story", "paid_media", "checklist")

_ID = r"^[!-~]+$"


def _clean(text: str) -> str:
    """Without zero characters and halves of characters: both are valid in JSON and in no database."""
    return text.encode("utf8", "ignore").decode("utf8").replace("\x00", "")


Text = Annotated[str, AfterValidator(_clean)]
FileId = Annotated[str, Field(max_length=512, pattern=_ID)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class User(_Part):
    """`language_code` is that of the customer's app, an IETF tag."""

    is_bot: bool = False
    language_code: str = ""


class Chat(_Part):
    id: Annotated[int, Field(ge=-(2**52), le=2**52)]
    type: str


class File(_Part):
    """A document, video, animation, audio or video note; also one size of a photo."""

    file_id: FileId
    file_name: Text = ""
    file_size: int = 0


class Location(_Part):
    latitude: Annotated[float, Field(allow_inf_nan=False)]
    longitude: Annotated[float, Field(allow_inf_nan=False)]


class Venue(_Part):
    title: Text
    address: Text


class Button(_Part):
    text: Text
    callback_data: str = ""


class Keyboard(_Part):
    inline_keyboard: list[list[Button]] = []


class Message(_Part):
    """A message that can no longer be read has the `date` 0 and nothing in it (InaccessibleMessage)."""

    model_config = ConfigDict(extra="allow")

    date: Annotated[int, Field(ge=0, le=_LAST_SECOND)]
    chat: Chat
    sender: User = Field(User(), alias="from")
    text: Text = ""
    caption: Text = ""
    photo: list[File] = []
    document: File | None = None
    video: File | None = None
    video_note: File | None = None
    audio: File | None = None
    voice: File | None = None
    venue: Venue | None = None
    location: Location | None = None
    reply_markup: Keyboard = Keyboard()

    @property
    def file(self) -> File | None:
        """The largest size of a photo that may be fetched; an animation is told as a document as well."""
        if self.photo:
            small = [size for size in self.photo if size.file_size <= LARGEST_FILE]
            return max(small or self.photo, key=lambda size: size.file_size)
        return self.document or self.video or self.video_note or self.audio

    @property
    def cannot_be_read(self) -> bool:
        return any(name in (self.model_extra or {}) for name in _CANNOT_BE_READ)


class CallbackQuery(_Part):
    """A press on a button below a message of ours."""

    id: Annotated[str, Field(max_length=64, pattern=_ID)]
    sender: User = Field(User(), alias="from")
    data: str = ""
    message: Message | None = None


class Update(_Part):
    update_id: Annotated[int, Field(ge=0, le=2**52)]
    message: Message | None = None
    callback_query: CallbackQuery | None = None


def account_of(token: str) -> str:
    """The bot's own id, which its token begins with."""
    return token.partition(":")[0]


def pushes_of(update: Update, *, account: str, now: datetime) -> tuple[Push, ...]:
    """What a customer did. A press has no time of its own: it counts as done `now`."""
    said = update.callback_query.message if update.callback_query else update.message
    if said is None or said.chat.type != _PRIVATE or (update.message and said.sender.is_bot):
        return ()
    press = update.callback_query
    told = _pressed(press) if press else _said(said)
    at = now if press else datetime.fromtimestamp(said.date, UTC)
    language = (press.sender if press else said.sender).language_code.lower().partition("-")[0]
    return tuple(
        Push(
            sender=Sender(CHANNEL, account, str(said.chat.id)),
            key=f"{update.update_id}.{place}" if place else str(update.update_id),
            kind=kind,
            sent_at=at,
            rank=2 * update.update_id + place,  # updates are numbered in the order in which they happened
            body={**body, "language": language} if language in LANGUAGES else body,
        )
        for place, (kind, body) in enumerate(told)
    )


def _pressed(press: CallbackQuery) -> Iterator[tuple[PushKind, dict[str, Any]]]:
    if press.message and _OUR_CHOICE.fullmatch(press.data):
        rows = press.message.reply_markup.inline_keyboard
        titles = (button.text for row in rows for button in row if button.callback_data == press.data)
        yield PushKind.CHOICE, {"choice": press.data, "text": next(titles, "")}


def _said(message: Message) -> Iterator[tuple[PushKind, dict[str, Any]]]:
    """One thing, and the words below a file as a second."""
    if message.text:
        start = _START.fullmatch(message.text)
        yield (PushKind.ENTER, {"scene": start[1] or ""}) if start else (PushKind.TEXT, {"text": message.text})
    elif message.file:
        yield PushKind.FILE, {"media": message.file.file_id, "name": message.file.file_name}
    elif message.voice:
        yield PushKind.VOICE, {}
    elif message.venue:
        yield PushKind.PLACE, {"text": f"{message.venue.title} {message.venue.address}"}
    elif message.location:
        yield PushKind.PLACE, {"text": f"{message.location.latitude:.6f}, {message.location.longitude:.6f}"}
    elif message.cannot_be_read:
        yield PushKind.UNREADABLE, {}
    if message.caption:
        yield PushKind.TEXT, {"text": message.caption}


def text_message(chat: str, text: str, *, options: tuple[Option, ...] = ()) -> dict[str, Any]:
    """For sendMessage: plain text, a row for each option.

    Links get no preview: Telegram would call each of them, also those that open something of one customer.
    """
    message: dict[str, Any] = {
        "chat_id": chat,
        "text": _clean(text),
        "link_preview_options": {"is_disabled": True},
    }
    if options:
        rows = [[{"text": option.title, "callback_data": option.id}] for option in options]
        message["reply_markup"] = {"inline_keyboard": rows}
    return message
