"""A fake of Chatwoot: in memory, with the answers that its public API gives and the faults that it is known for.

It is no Chatwoot. Routes, fields and statuses are those of chatwoot/chatwoot (app/controllers/api/v1/accounts,
app/views/api/v1, app/finders/message_finder.rb, app/presenters/conversations/event_data_presenter.rb,
app/listeners/webhook_listener.rb); nothing beyond what the connector uses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import httpx

ROOT = "https://chatwoot.example"
TOKEN = "token-of-an-agent"
ACCOUNT, INBOX = 3, 7
AGENT = {"id": 1, "type": "user", "name": "Wei Zhang", "available_name": "Wei", "availability_status": "online"}
ALL_DAY = {
    "closed_all_day": False,
    "open_all_day": False,
    "open_hour": 9,
    "open_minutes": 0,
    "close_hour": 17,
    "close_minutes": 0,
}

Json = dict[str, Any]
Handler = Callable[..., tuple[int, Any]]


@dataclass
class FakeChatwoot:
    """`faults` are statuses that the next calls answer with (0: no answer at all), after doing nothing; `lost` are
    calls that are done and whose answer is lost. `events` are the webhooks that it would have sent, oldest first.
    """

    now: Callable[[], float]
    contacts: list[Json] = field(default_factory=list)
    conversations: dict[int, Json] = field(default_factory=dict)
    messages: dict[int, list[Json]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    faults: list[int] = field(default_factory=list)
    lost: int = 0
    down: bool = False
    locked_to_one: bool = False
    hours: Json = field(default_factory=lambda: {"working_hours_enabled": False})
    events: list[Json] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    _last_id: int = 100

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    # What its people do

    def agent_writes(self, talk: int, text: str, *, files: tuple[str, ...] = (), **fields: Any) -> Json:
        message = {"content": text, "message_type": 1, "private": False, "sender": AGENT, **fields}
        if files:
            message["attachments"] = [{"id": n, "data_url": url} for n, url in enumerate(files, start=1)]
        return self._add(talk, message)

    def agent_sets(self, talk: int, status: str) -> None:
        conversation = self.conversations[talk]
        conversation["status"] = status
        conversation["meta"]["assignee"] = AGENT
        self.events.append({"event": "conversation_status_changed", **conversation})

    def agent_labels(self, talk: int, *labels: str) -> None:
        self.conversations[talk]["labels"] = list(labels)
        self.events.append({"event": "conversation_updated", **self.conversations[talk]})

    def agent_deletes(self, talk: int) -> None:
        del self.conversations[talk]

    # What can be seen of it

    def seen(self, talk: int, *, private: bool = False) -> list[str]:
        """The customer's words as agents see them, or the private notes."""
        wanted = 1 if private else 0
        return [
            one["content"]
            for one in self.messages[talk]
            if one["message_type"] == wanted and one["private"] is private
        ]

    # The API

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.calls.append((request.method, request.url.path))
        if self.down:
            raise httpx.ConnectError("no route", request=request)
        if self.faults:
            status = self.faults.pop(0)
            if not status:
                raise httpx.ReadTimeout("silent", request=request)
            return httpx.Response(status, json={"error": "fault"})
        if request.url.path.startswith("/rails/"):
            return self._file(request)
        if request.headers.get("api_access_token") != TOKEN:
            return httpx.Response(401, json={"error": "Invalid Access Token"})
        status, answer = self._route(request)
        if self.lost:
            self.lost -= 1
            raise httpx.ReadTimeout("lost", request=request)
        return httpx.Response(status, json=answer)

    def _route(self, request: httpx.Request) -> tuple[int, Any]:
        body, query = _body(request), dict(request.url.params)
        path = request.url.path.removeprefix(f"/api/v1/accounts/{ACCOUNT}")
        routes: dict[tuple[str, str], Handler] = {
            ("GET", r"/inboxes/(\d+)"): lambda n: self._inbox(n),
            ("GET", r"/contacts/search"): lambda: self._search(query["q"]),
            ("POST", r"/contacts"): lambda: self._make_contact(body),
            ("GET", r"/contacts/(\d+)/conversations"): lambda n: self._of_contact(n),
            ("POST", r"/conversations"): lambda: self._make_conversation(body),
            ("GET", r"/conversations/(\d+)"): lambda n: self._show(n),
            ("POST", r"/conversations/(\d+)/toggle_status"): lambda n: self._toggle(n, body),
            ("GET", r"/conversations/(\d+)/messages"): lambda n: self._list(n, query),
            ("POST", r"/conversations/(\d+)/messages"): lambda n: self._post(n, body),
        }
        for (method, pattern), handler in routes.items():
            found = re.fullmatch(pattern, path)
            if method == request.method and found:
                return handler(*(int(group) for group in found.groups()))
        return 404, {"error": "Resource could not be found"}

    def _inbox(self, number: int) -> tuple[int, Any]:
        if number != INBOX:
            return 404, {"error": "Resource could not be found"}
        return 200, {"id": INBOX, "channel_type": "Channel::Api", "timezone": "Asia/Shanghai", **self.hours}

    def _search(self, text: str) -> tuple[int, Any]:
        return 200, {"meta": {}, "payload": [one for one in self.contacts if text in one["identifier"]]}

    def _make_contact(self, body: Json) -> tuple[int, Any]:
        if any(one["identifier"] == body["identifier"] for one in self.contacts):
            return 422, {"message": "Identifier has already been taken", "attributes": ["identifier"]}
        contact = {"id": self._id(), **body}
        self.contacts.append(contact)
        return 200, {"payload": {"contact": contact, "contact_inbox": {"source_id": body["source_id"]}}}

    def _of_contact(self, number: int) -> tuple[int, Any]:
        found = [one for one in self.conversations.values() if one["contact_id"] == number]
        return 200, {"payload": sorted(found, key=lambda one: -one["id"])[:20]}

    def _make_conversation(self, body: Json) -> tuple[int, Any]:
        _, known = self._of_contact(body["contact_id"])
        if self.locked_to_one and known["payload"]:
            return 200, known["payload"][-1]
        conversation = {
            "id": len(self.conversations) + 1,
            "labels": [],
            "meta": {"sender": {"name": "…"}},
            "inbox_id": INBOX,
            "contact_id": body["contact_id"],
            "status": body["status"],
            "custom_attributes": body["custom_attributes"],
        }
        self.conversations[conversation["id"]] = conversation
        self.messages[conversation["id"]] = []
        self.events.append({"event": "conversation_created", **conversation})
        return 200, conversation

    def _show(self, number: int) -> tuple[int, Any]:
        if number not in self.conversations:
            return 404, {"error": "Resource could not be found"}
        return 200, self.conversations[number]

    def _toggle(self, number: int, body: Json) -> tuple[int, Any]:
        if number not in self.conversations:
            return 404, {"error": "Resource could not be found"}
        self.conversations[number]["status"] = body["status"]
        self.events.append({"event": "conversation_status_changed", **self.conversations[number]})
        return 200, {"payload": {"success": True, "current_status": body["status"], "conversation_id": number}}

    def _list(self, number: int, query: Json) -> tuple[int, Any]:
        """A hundred behind an id, by the time at which they were made."""
        if number not in self.conversations:
            return 404, {"error": "Resource could not be found"}
        behind = [one for one in self.messages[number] if one["id"] > int(query["after"])]
        return 200, {"meta": {}, "payload": behind[:100]}

    def _post(self, number: int, body: Json) -> tuple[int, Any]:
        if number not in self.conversations:
            return 404, {"error": "Resource could not be found"}
        incoming = body["message_type"] == "incoming"
        message = {
            "content": body["content"],
            "message_type": 0 if incoming else 1,
            "private": bool(body.get("private", False)),
            "source_id": body["source_id"],
            "sender": {"type": "contact"} if incoming else AGENT,
        }
        if "attachments" in body:
            message["attachments"] = body["attachments"]
        if incoming and self.conversations[number]["status"] == "resolved":
            self.conversations[number]["status"] = "open"
        return 200, self._add(number, message)

    def _file(self, request: httpx.Request) -> httpx.Response:
        content = self.files.get(request.url.path)
        return httpx.Response(404) if content is None else httpx.Response(200, content=content)

    def _add(self, talk: int, message: Json) -> Json:
        """Its own messages are told of as well: whoever listens must know them again."""
        whole = {
            "id": self._id(),
            "created_at": int(self.now()),
            "content_type": "text",
            "content_attributes": {},
            "source_id": None,
            "conversation_id": talk,
            **message,
        }
        self.messages[talk].append(whole)
        names = {0: "incoming", 1: "outgoing", 2: "activity", 3: "template"}
        told = {**whole, "message_type": names[whole["message_type"]], "conversation": self.conversations[talk]}
        self.events.append({"event": "message_created", **told})
        return whole

    def _id(self) -> int:
        self._last_id += 1
        return self._last_id


def _body(request: httpx.Request) -> Json:
    kind = request.headers.get("content-type", "")
    if not request.content:
        return {}
    if kind.startswith("application/json"):
        whole: Json = json.loads(request.content)
        return whole
    form = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + request.content)
    fields: Json = {"attachments": []}
    for part in form.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        content: Any = part.get_payload(decode=True)
        if name == "attachments[]":
            fields["attachments"].append({"id": 1, "name": part.get_filename(), "size": len(content)})
        else:
            fields[name] = content.decode()
    return fields
