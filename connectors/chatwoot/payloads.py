"""What Chatwoot answers, as far as it is of use here.

Shapes as its views have them (chatwoot/chatwoot, app/views/api/v1: models/_inbox.json.jbuilder,
models/_message.json.jbuilder, conversations/partials/_conversation.json.jbuilder). There `message_type` is a
number (0 incoming, 1 outgoing, 2 activity, 3 template), and a sender or an attachment is its `push_event_data`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from aftersales.domain.outside import OutsideFile, OutsideState, OutsideWords

OURS = "returndesk:"
_OUTGOING = 1
_STATES = {"resolved": OutsideState.CLOSED, "pending": OutsideState.BOT}
_BOT_LABEL = "bot"


def _or_empty(value: object) -> object:
    return {} if value is None else value


Attributes = Annotated[dict[str, Any], BeforeValidator(_or_empty)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Person(_Part):
    """`type` is "user" for an agent, "agent_bot" and "contact" for others."""

    type: str = ""
    name: str | None = None
    available_name: str | None = None

    @property
    def shown(self) -> str:
        """The name that an agent has chosen for customers, never an e-mail address."""
        return next((name for name in (self.available_name, self.name) if name and "@" not in name), "")


class File(_Part):
    """A place, a contact and a link have no file."""

    id: int
    data_url: str | None = None


class Message(_Part):
    id: int
    content: str | None = None
    message_type: int
    private: bool | None = None
    created_at: int = 0
    source_id: str | None = None
    content_attributes: Attributes = Field(default_factory=dict)
    sender: Person | None = None
    attachments: list[File] = []

    @property
    def is_for_customer(self) -> bool:
        """What an agent wrote to the customer: outgoing, by a person, not deleted, not ours, not private.

        One that does not say whether it is private counts as private.
        """
        private = self.private is not False or bool(self.content_attributes.get("private"))
        by_person = self.sender is not None and self.sender.type == "user"
        ours = (self.source_id or "").startswith(OURS)
        deleted = bool(self.content_attributes.get("deleted"))
        return self.message_type == _OUTGOING and by_person and not (private or ours or deleted)

    def words(self) -> OutsideWords:
        files = [
            OutsideFile(_file_name(file.data_url), file.data_url) for file in self.attachments if file.data_url
        ]
        sender = self.sender.shown if self.sender else ""
        return OutsideWords(id=self.id, text=self.content or "", sender=sender, files=tuple(files))


class Messages(_Part):
    payload: list[Message]


class Meta(_Part):
    assignee: Person | None = None


class Conversation(_Part):
    id: int
    status: Literal["open", "resolved", "pending", "snoozed"]
    labels: list[str] = []
    custom_attributes: Attributes = Field(default_factory=dict)
    meta: Meta = Meta()

    @property
    def state(self) -> OutsideState:
        """`pending` is "with a bot" in Chatwoot (app/models/conversation.rb); the label says the same in words."""
        if self.status == "open" and _BOT_LABEL in self.labels:
            return OutsideState.BOT
        return _STATES.get(self.status, OutsideState.OPEN)


class Conversations(_Part):
    payload: list[Conversation]


class Contact(_Part):
    id: int
    identifier: str | None = None


class Contacts(_Part):
    payload: list[Contact]


class MadeContact(_Part):
    class Made(_Part):
        contact: Contact

    payload: Made


class WorkingDay(_Part):
    """`day_of_week` counts from Sunday as 0."""

    day_of_week: int
    closed_all_day: bool | None = None
    open_all_day: bool | None = None
    open_hour: int | None = None
    open_minutes: int | None = None
    close_hour: int | None = None
    close_minutes: int | None = None


class Inbox(_Part):
    working_hours_enabled: bool | None = None
    timezone: str | None = None
    working_hours: list[WorkingDay] = []


def _file_name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2][:120] or "file"
