"""Plays one scripted dialogue against the running service and looks into its database afterwards."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import httpx
from PIL import Image

from tests.conversations.script import Script
from tests.conversations.world import contact, order_number
from tests.e2e.chat import Chat, words
from tests.services_at_work import Service

SETTLING_SECONDS = 20.0


class Player:
    """`heard` is what came back to the last step."""

    def __init__(self, service: Service, script: Script, *, serial: int) -> None:
        self._service = service
        self._script = script
        self._serial = serial
        customer = None if script.guest else script.id
        self.chat = Chat.open(service.url, customer=customer, language=script.language)
        with self._database() as database:
            newest = database.execute("SELECT id FROM conversations ORDER BY created_at DESC LIMIT 1").fetchone()
        self._conversation = newest["id"]
        self.heard = ""

    def play(self) -> None:
        """Every step with what has to be heard after it. Raises AssertionError with the talk so far."""
        for step in self._script.dialogue:
            self._act(step)
            for pattern in step.get("hear", ()):
                assert re.search(self._filled(pattern), self.heard), f"{pattern!r} not heard in:\n{self.talk()}"
            for pattern in step.get("not", ()):
                assert not re.search(self._filled(pattern), self.heard), f"{pattern!r} heard in:\n{self.talk()}"

    def close(self) -> None:
        self.chat.close()

    def talk(self) -> str:
        """The whole talk, for a message of failure."""
        return "\n".join(f"{message['from']:9}{words([message])}" for message in self.chat.log)

    def _act(self, step: Mapping[str, Any]) -> None:
        if "say" in step:
            self.heard = words(self.chat.say(self._filled(step["say"])))
        elif "tap" in step:
            self.heard = words(self.chat.choose(self._filled(step["tap"])))
        elif "photo" in step:
            self.heard = words(self.chat.send_photo(_photo()))
        elif "code" in step:
            self.heard = words(self.chat.say("000000" if step["code"] == "wrong" else self._newest_code()))
        elif "wait" in step:
            self.heard = self.chat.wait_for(self._filled(step["wait"]))
        elif "receive" in step:
            self._merchant("receive")
        elif "ship" in step:
            self._merchant("ship-replacement")
        elif "pay" in step:
            self._pay()
        elif "reload" in step:
            self._reload()

    def _filled(self, text: str) -> str:
        for tail in re.findall(r"\{number:(\d+)\}", text):
            text = text.replace(f"{{number:{tail}}}", order_number(self._script, tail, serial=self._serial))
        for name, value in contact(self._serial).items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def _newest_code(self) -> str:
        end = time.monotonic() + SETTLING_SECONDS
        while time.monotonic() < end:
            mails = httpx.get(f"{self._service.url}/demo/api/mails").raise_for_status().json()
            ours = [mail for mail in mails if mail["to"] in contact(self._serial).values()]
            newest = max(ours, key=lambda mail: int(mail["id"]), default={"text": ""})
            found = re.search(r"\b\d{6}\b", newest["text"])
            if found:
                return found.group()
            time.sleep(0.3)
        raise AssertionError("no mail with a code came")

    def _pay(self) -> None:
        links = re.findall(rf"{self._service.url}/demo/pay/[\w-]+", words(self.chat.log))
        assert httpx.get(links[-1]).status_code == 200
        assert "Paid" in httpx.post(links[-1], follow_redirects=True).raise_for_status().text

    def _merchant(self, deed: str) -> None:
        """The shop's own people do something with the newest return."""
        number = self.chat.returns()[0]["number"]
        answer = httpx.post(
            f"{self._service.url}/api/merchant/returns/{number}/{deed}",
            headers={"Authorization": f"Bearer {self._service.merchant_key}"},
            timeout=20,
        )
        assert answer.status_code == 200, answer.text

    def _reload(self) -> None:
        """A new page with the token that the browser keeps: the talk is read from its beginning."""
        before = [message["text"] for message in self.chat.log]
        self.chat.close()
        self.chat = Chat(httpx.Client(base_url=self._service.url, headers=self.chat.client.headers, timeout=40))
        self.chat.fetch()
        assert [message["text"] for message in self.chat.log] == before

    def check(self) -> None:
        """Waits until each table holds just the rows that the script says, for work that is done later."""
        end = time.monotonic() + SETTLING_SECONDS
        while (wrong := self._wrong()) and time.monotonic() < end:
            time.sleep(0.3)
        assert not wrong, f"{wrong}\nafter:\n{self.talk()}"

    def _wrong(self) -> str:
        with self._database() as database:
            for table, wanted in self._script.then.items():
                rows = self._rows(database, table)
                if len(rows) != len(wanted) or any(
                    not holds(row, part, fill=self._filled) for row, part in zip(rows, wanted, strict=True)
                ):
                    return f"{table}: {json.dumps(rows, ensure_ascii=False, indent=1)}\ninstead of {wanted}"
        return ""

    def _database(self) -> closing[sqlite3.Connection]:
        database = sqlite3.connect(self._service.data / "returndesk.sqlite3")
        database.row_factory = sqlite3.Row
        return closing(database)

    def _rows(self, database: sqlite3.Connection, table: str) -> list[dict[str, Any]]:
        """Rows of this customer or of this conversation; a return has its lines with it, a case its notes."""
        columns = {row["name"] for row in database.execute(f"PRAGMA table_info({table})")}
        own = [f"{column} = :{column}" for column in ("customer_id", "conversation_id") if column in columns]
        query = f"SELECT * FROM {table} WHERE {' OR '.join(own)} ORDER BY created_at"
        found = database.execute(query, {"customer_id": self._script.id, "conversation_id": self._conversation})
        rows = [dict(row) for row in found]
        for row in rows if table == "returns" else ():
            lines = database.execute(
                "SELECT * FROM return_lines WHERE return_id = ? ORDER BY position", [row["id"]]
            )
            row["lines"] = [dict(line) for line in lines]
        for row in rows if table == "cases" else ():
            notes = database.execute("SELECT * FROM case_notes WHERE case_id = ? ORDER BY at", [row["id"]])
            row["notes"] = [dict(note) for note in notes]
        return rows


def holds(row: Mapping[str, Any], part: Mapping[str, Any], *, fill: Any) -> bool:
    """Whether the row has what the part says; texts are patterns, lists are compared item by item."""
    return all(name in row and _like(row[name], value, fill=fill) for name, value in part.items())


def _like(found: Any, wanted: Any, *, fill: Any) -> bool:
    if isinstance(wanted, str):
        return re.fullmatch(fill(wanted), str(found)) is not None
    if isinstance(wanted, Sequence):
        return len(found) == len(wanted) and all(
            holds(one, part, fill=fill) for one, part in zip(found, wanted, strict=True)
        )
    return bool(found == wanted)


def _photo() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(buffer, "JPEG")
    return buffer.getvalue()
