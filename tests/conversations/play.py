"""Plays one scripted dialogue against the running service and looks into its database afterwards."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PIL import Image

from tests.conversations import outside
from tests.conversations.records import agree, conversation_of, open_database, rows
from tests.conversations.script import DEEDS, Script
from tests.conversations.world import STRANGER, contact, order_number, order_record
from tests.e2e.chat import Chat, client_of, words
from tests.services_at_work import Service

SETTLING_SECONDS = 20.0


def play(service: Service, script: Script, *, serial: int) -> None:
    """From the first word to the look into the database. Raises AssertionError with the talk so far."""
    player = Player(service, script, serial=serial)
    try:
        player.play()
        player.check()
    finally:
        player.close()


class Player:
    """`heard` is what came back to the last step."""

    def __init__(self, service: Service, script: Script, *, serial: int) -> None:
        self._service = service
        self._script = script
        self._serial = serial
        self._orders = {order["tail"]: dict(order) for order in script.orders}
        self._conversations: list[str] = []
        self.chat = self._open()
        self.heard = ""

    @property
    def language(self) -> str:
        return self._script.language

    def play(self) -> None:
        """Every step with what has to be heard after it. Raises AssertionError with the talk so far."""
        for step in self._script.dialogue:
            self.act(step)
            for pattern in step.get("hear", ()):
                assert re.search(self._filled(pattern), self.heard), f"{pattern!r} not heard in:\n{self.talk()}"
            for pattern in step.get("not", ()):
                assert not re.search(self._filled(pattern), self.heard), f"{pattern!r} heard in:\n{self.talk()}"
            self.after_step()

    def after_step(self) -> None:
        """For whoever has more to do in the talk than the script says."""

    def check(self) -> None:
        """Waits until each table holds just the rows that the script says, for work that is done later."""
        end = time.monotonic() + SETTLING_SECONDS
        while (wrong := self._wrong()) and time.monotonic() < end:
            time.sleep(0.3)
        assert not wrong, f"{wrong}\nafter:\n{self.talk()}"

    def close(self) -> None:
        self.chat.close()

    def talk(self) -> str:
        """The whole talk since the last new session, for a message of failure."""
        return "\n".join(f"{message['from']:9}{words([message])}" for message in self.chat.log)

    def _open(self) -> Chat:
        """A new session, from the address of this customer's own: the front counts sessions by address."""
        customer = None if self._script.guest else self._script.id
        address = f"10.{self._serial >> 16 & 255}.{self._serial >> 8 & 255}.{self._serial & 255}"
        chat = Chat.open(
            self._service.url,
            customer=customer,
            language=self._script.language,
            headers={"X-Forwarded-For": address},
        )
        with open_database(self._service.data) as database:
            token = chat.client.headers["Authorization"].removeprefix("Bearer ")
            self._conversations.append(conversation_of(database, session_token=token))
        return chat

    def act(self, step: Mapping[str, Any]) -> None:
        deeds: dict[str, Callable[[Any], str]] = {
            "say": lambda told: words(self.chat.say(self._filled(told))),
            "hurry": lambda told: self._hurry(told),
            "tap": lambda told: words(self.chat.choose(self._filled(told))),
            "photo": lambda _: words(self.chat.send_photo(_photo())),
            "code": lambda told: words(self.chat.say("000000" if told == "wrong" else self._mailed_code(told))),
            "wait": lambda told: self.chat.wait_for(self._filled(told)),
            "reload": lambda _: self._reload(),
            "again": lambda _: self._come_again(),
            "pay": lambda _: self._pay(),
            "shop": lambda told: self._decide(told),
            "reply": lambda told: self._reply(told),
            "order": lambda told: self._renew(told),
            "kill": lambda told: self._kill(told),
        }
        (deed,) = step.keys() & DEEDS
        self.heard = deeds[deed](step[deed])

    def _hurry(self, told: Sequence[str]) -> str:
        with outside.bot_paused(self._service):
            *_, last = [self.chat.post(text=self._filled(text)) for text in told]
        return words(self.chat.replies_after(last))

    def _filled(self, text: str) -> str:
        for tail in re.findall(r"\{number:(\d+)\}", text):
            text = text.replace(f"{{number:{tail}}}", order_number(self._script, tail, serial=self._serial))
        if "{return}" in text:
            text = text.replace("{return}", str(self._rows("returns")[-1]["number"]))
        known = {**contact(self._serial), "stranger": STRANGER["number"], "stranger_email": STRANGER["email"]}
        for name, value in known.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def _mailed_code(self, place: int) -> str:
        contacts = set(contact(self._serial).values())
        return outside.mailed_code(self._service, contacts=contacts, place=place, seconds=SETTLING_SECONDS)

    def _reload(self) -> str:
        """A new page with the token that the browser keeps: the talk is read from its beginning."""
        before = [message["text"] for message in self.chat.log]
        self.chat.close()
        self.chat = Chat(client_of(self._service.url, headers=self.chat.client.headers))
        self.chat.fetch()
        assert [message["text"] for message in self.chat.log] == before
        return words(self.chat.log)

    def _come_again(self) -> str:
        self.chat.close()
        self.chat = self._open()
        return ""

    def _pay(self) -> str:
        outside.pay(self._service, words(self.chat.log))
        return ""

    def _decide(self, decision: str) -> str:
        outside.decide(self._service, str(self._rows("returns")[-1]["number"]), decision)
        return ""

    def _reply(self, told: str) -> str:
        outside.reply(self._service, str(self._rows("cases")[-1]["number"]), told)
        return self.chat.wait_for(re.escape(told))

    def _renew(self, news: Mapping[str, Any]) -> str:
        told = self._orders[news["tail"]]
        for kind in ("placed", "shipped", "delivered"):
            told.pop(kind, None)
        told.update(news)
        outside.renew_order(self._service, order_record(self._script, told, serial=self._serial))
        return ""

    def _kill(self, process: str) -> str:
        outside.kill(self._service, process)
        outside.until_well(self._service)
        return ""

    def _wrong(self) -> str:
        for table, wanted in self._script.then.items():
            found = self._rows(table)
            if not agree(found, wanted, fill=self._filled):
                return f"{table}: {json.dumps(found, ensure_ascii=False, indent=1)}\ninstead of {wanted}"
        return ""

    def _rows(self, table: str) -> list[dict[str, Any]]:
        with open_database(self._service.data) as database:
            return rows(database, table, customer=self._script.id, conversations=self._conversations)


def _photo() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(buffer, "JPEG")
    return buffer.getvalue()
