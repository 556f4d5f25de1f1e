"""A simulator of Telegram: its Bot API on a port, and customers who chat with the bot.

It is made after core.telegram.org/bots/api and is no Telegram. What it holds to: the address with the token, `ok`
and `error_code`, limits of a text (4096 UTF-16 code units), of a button (64 bytes) and of a photo (10 MB), private
chats that somebody has to begin, blocking, webhooks with their secret that are repeated until they are answered
with 2xx, and calls in the answer to a webhook.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import httpx
from sanic import HTTPResponse, Request
from sanic.response import json as json_answer
from sanic.response import raw

from tests.simulators import hang_up, listening, simulator_app

Json = dict[str, Any]
Fault = Literal["flood", "lost", "lost_unsent", "broken", "no_json", "unauthorized"]

BOT = 7100000001
TOKEN = f"{BOT}:AAH-of-the-simulator-0123456789abcdef"
FLOOD_SECONDS = 7
_LONGEST_TEXT = 4096
_LARGEST_PHOTO = 10 * 1024 * 1024
_MOST_TRIES = 3


class Refused(Exception):
    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(slots=True)
class Customer:
    """A person with a private chat; `received` is what the bot has sent there, as Telegram's messages."""

    telegram: TelegramSimulator
    id: int
    received: list[Json] = field(default_factory=list)
    blocked: bool = False
    typing_shown: int = 0
    confirmed: list[str] = field(default_factory=list)

    @property
    def chat(self) -> Json:
        return {"id": self.id, "type": "private", "first_name": "Lin"}

    async def starts(self, payload: str = "") -> httpx.Response:
        return await self.says(f"/start {payload}".strip())

    async def says(self, text: str) -> httpx.Response:
        return await self.sends(text=text)

    async def sends_picture(self, content: bytes, *, caption: str = "") -> httpx.Response:
        sizes = [self.telegram.keep(content[:10]), self.telegram.keep(content)]
        return await self.sends(photo=sizes, **({"caption": caption} if caption else {}))

    async def sends(self, **parts: Any) -> httpx.Response:
        """A message with such parts, named as in Telegram's object Message."""
        sender = {"id": self.id, "is_bot": False, "first_name": "Lin", "language_code": "zh-hans"}
        message = {"from": sender, "chat": self.chat, **self.telegram.stamp(), **parts}
        return await self.telegram.tell({"message": message})

    async def clicks(self, title: str) -> httpx.Response:
        """The newest button of that title."""
        for message in reversed(self.received):
            for row in message.get("reply_markup", {}).get("inline_keyboard", []):
                for button in row:
                    if button["text"] == title:
                        return await self.presses(button["callback_data"], message)
        raise AssertionError(f"there is no button {title}")

    async def presses(self, data: str, message: Json) -> httpx.Response:
        press = {"id": str(self.telegram.next_id()), "from": {"id": self.id, "is_bot": False, "first_name": "Lin"}}
        return await self.telegram.tell({"callback_query": {**press, "message": message, "data": data}})

    async def blocks(self) -> httpx.Response:
        self.blocked = True
        change = {"chat": self.chat, "from": {"id": self.id}, "new_chat_member": {"status": "kicked"}}
        return await self.telegram.tell({"my_chat_member": change | self.telegram.stamp()})


class TelegramSimulator:
    """`faults` befall the next calls of a method, one by one; `calls` are all methods that were called."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._last = 1000
        self._files: dict[str, bytes] = {}
        self.url = ""
        self.webhook: Json = {"url": ""}
        self.customers: dict[int, Customer] = {}
        self.faults: dict[str, list[Fault]] = {}
        self.calls: list[str] = []

    def customer(self, id: int = 501) -> Customer:
        return self.customers.setdefault(id, Customer(self, id))

    def next_id(self) -> int:
        self._last += 1
        return self._last

    def stamp(self) -> Json:
        return {"message_id": self.next_id(), "date": int(self._now().timestamp())}

    def keep(self, content: bytes) -> Json:
        """A file that somebody has sent, as Telegram tells of it."""
        file_id = f"AgACAgIAAxkBAAI-{self.next_id()}"
        self._files[file_id] = content
        return {"file_id": file_id, "file_unique_id": file_id[-8:], "file_size": len(content)}

    async def tell(self, event: Json) -> httpx.Response:
        """To the webhook, again and again until it is taken; the last answer."""
        return await self.tell_raw(json.dumps({"update_id": self.next_id(), **event}).encode())

    async def tell_raw(
        self, body: bytes, *, secret: str | None = None, tries: int = _MOST_TRIES
    ) -> httpx.Response:
        given = self.webhook.get("secret_token", "") if secret is None else secret
        headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": given}
        async with httpx.AsyncClient() as client:
            for _ in range(tries):
                answer = await client.post(self.webhook["url"], content=body, headers=headers)
                if answer.is_success:
                    break
        if answer.is_success and answer.content:
            call = answer.json()
            self._do(call.pop("method"), call)
        return answer

    async def call(self, request: Request, bot: str, method: str) -> HTTPResponse:
        """POST /bot<token>/<method>."""
        self.calls.append(method)
        fault = self.faults[method].pop(0) if self.faults.get(method) else None
        if fault == "lost_unsent":
            return hang_up(request)
        if bot != f"bot{TOKEN}" or fault == "unauthorized":
            return _error(401, "Unauthorized")
        if fault == "flood":
            return _error(429, "Too Many Requests", parameters={"retry_after": FLOOD_SECONDS})
        if fault == "broken":
            return raw(b"<html>Bad Gateway</html>", status=502, content_type="text/html")
        try:
            result = self._do(method, _fields(request))
        except Refused as refusal:
            return _error(refusal.status, str(refusal))
        if fault == "lost":
            return hang_up(request)
        if fault == "no_json":
            return raw(b"<html>", content_type="text/html")
        return json_answer({"ok": True, "result": result})

    async def file(self, request: Request, bot: str, path: str) -> HTTPResponse:
        """GET /file/bot<token>/<path>."""
        content = self._files.get(path.partition("/")[2].removesuffix(".jpg"))
        return _error(404, "Not Found") if bot != f"bot{TOKEN}" or content is None else raw(content)

    def _do(self, method: str, fields: Json) -> Any:
        known: dict[str, Callable[[Json], Any]] = {
            "sendMessage": self._send_message,
            "sendPhoto": self._send_photo,
            "sendChatAction": self._show_typing,
            "answerCallbackQuery": self._confirm,
            "getFile": self._get_file,
            "setWebhook": self._set_webhook,
            "getWebhookInfo": lambda _fields: {
                **{name: value for name, value in self.webhook.items() if name != "secret_token"},
                "has_custom_certificate": False,
                "pending_update_count": 0,
            },
        }
        if method not in known:
            raise Refused(404, "Not Found")
        return known[method](fields)

    def _send_message(self, fields: Json) -> Json:
        customer = self._reach(fields)
        if not fields["text"].strip():
            raise Refused(400, "Bad Request: message text is empty")
        if len(fields["text"].encode("utf-16-le")) // 2 > _LONGEST_TEXT:
            raise Refused(400, "Bad Request: message is too long")
        for row in fields.get("reply_markup", {}).get("inline_keyboard", []):
            if any(not 1 <= len(button["callback_data"].encode()) <= 64 for button in row):
                raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
        return self._deliver(customer, fields)

    def _send_photo(self, fields: Json) -> Json:
        customer = self._reach(fields)
        if len(fields["photo"]) > _LARGEST_PHOTO:
            raise Refused(413, "Request Entity Too Large")
        if not fields["photo"].startswith((b"\xff\xd8", b"\x89PNG")):
            raise Refused(400, "Bad Request: IMAGE_PROCESS_FAILED")
        return self._deliver(customer, fields)

    def _deliver(self, customer: Customer, fields: Json) -> Json:
        message = {"from": {"id": BOT, "is_bot": True}, "chat": customer.chat, **self.stamp()}
        message |= {name: value for name, value in fields.items() if name != "chat_id"}
        customer.received.append(message)
        return {name: value for name, value in message.items() if name != "photo"}

    def _show_typing(self, fields: Json) -> bool:
        self._reach(fields).typing_shown += 1
        return True

    def _confirm(self, fields: Json) -> bool:
        for customer in self.customers.values():
            customer.confirmed.append(fields["callback_query_id"])
        return True

    def _get_file(self, fields: Json) -> Json:
        if fields["file_id"] not in self._files:
            raise Refused(400, "Bad Request: invalid file_id")
        size = len(self._files[fields["file_id"]])
        return {**fields, "file_size": size, "file_path": f"photos/{fields['file_id']}.jpg"}

    def _set_webhook(self, fields: Json) -> bool:
        if not fields["url"].startswith("https://"):
            raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        self.webhook = fields
        return True

    def _reach(self, fields: Json) -> Customer:
        customer = self.customers.get(int(fields["chat_id"]))
        if customer is None:
            raise Refused(400, "Bad Request: chat not found")
        if customer.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        return customer


@asynccontextmanager
async def open_telegram(now: Callable[[], datetime]) -> AsyncIterator[TelegramSimulator]:
    telegram = TelegramSimulator(now)
    app = simulator_app("telegram")
    add: Any = app.add_route
    add(telegram.call, "/<bot:str>/<method:str>", methods=["POST"], name="call")
    add(telegram.file, "/file/<bot:str>/<path:path>", methods=["GET"], name="file")
    async with listening(app) as telegram.url:
        yield telegram


def _error(status: int, words: str, **more: Any) -> HTTPResponse:
    return json_answer({"ok": False, "error_code": status, "description": words, **more}, status=status)


def _fields(request: Request) -> Json:
    form: Any = request.form
    files: Any = request.files
    if files:
        return {"chat_id": form.get("chat_id"), "photo": files.get("photo").body}
    fields: Json = request.json or {}
    return fields
