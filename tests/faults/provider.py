"""A refund service with every fault that one can have: `python -m tests.faults.provider …`.

It stands for a payment provider at its worst: it keeps keys but does not heed them (the same key twice is two
refunds), and pays out whatever it is asked for. Whatever it pays stands in its own ledger, and the shop's books
are told. What keeps refunds single and within what was paid is the service alone.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
from sanic import Request, Sanic
from sanic.response import HTTPResponse, empty, json
from sqlalchemy import update

from aftersales.domain.money import Money
from aftersales.stores.base import make_engine
from aftersales.stores.schema.shop import shop_payments

_TABLE = (
    "CREATE TABLE moves (id INTEGER PRIMARY KEY, key TEXT, payment_id TEXT, amount TEXT, currency TEXT, "
    "status TEXT, due REAL)"
)
_SETTLE_EVERY = 0.2
# What a call meets, and how often; the rest is answered well.
FAULTS = {
    "away": 0.08,  # 503, nothing happens
    "refused": 0.03,  # 422, nothing happens
    "lost": 0.10,  # done, the connection breaks off
    "slow": 0.10,  # done after a while
    "cut": 0.02,  # done long after the caller has given up
    "told_first": 0.06,  # the notice arrives before the answer
}
_SLOW, _CUT = (0.5, 3.0), (17.0, 25.0)  # seconds
_NEVER_PAID, _TOLD_TWICE, _TOLD_NOT, _LOOK_FAILS = 0.03, 0.3, 0.2, 0.05


class Provider:
    """`service` is the address of the front, `database` that of the shop's books."""

    def __init__(self, *, ledger: Path, service: str, token: str, database: str, seed: int) -> None:
        self._ledger = sqlite3.connect(ledger, isolation_level=None)
        self._ledger.execute(_TABLE)
        self._chance = random.Random(seed)
        self._front = httpx.AsyncClient(
            base_url=service, headers={"Authorization": f"Bearer {token}"}, timeout=5.0, trust_env=False
        )
        self._books = make_engine(database)
        self._notices: set[asyncio.Task[None]] = set()

    async def refund(self, request: Request) -> HTTPResponse:
        fault = self._fault()
        if fault == "away":
            return empty(503)
        if fault == "refused":
            return json({"code": "card_closed"}, status=422)
        if fault in ("slow", "cut"):
            await asyncio.sleep(self._chance.uniform(*(_SLOW if fault == "slow" else _CUT)))
        number = self._move(request.json)
        if fault == "told_first":
            await self._tell(number)
        if fault == "lost":
            transport: Any = request.transport
            transport.abort()
        return json(self._told(number), status=201)

    async def find(self, key: str) -> HTTPResponse:
        if self._chance.random() < _LOOK_FAILS:
            return empty(503)
        found = self._ledger.execute("SELECT id FROM moves WHERE key = ? ORDER BY id", [key]).fetchone()
        return json(self._told(found[0])) if found else empty(404)

    async def settle(self) -> None:
        """Pays what is due, tells the shop's books, and the service: once, twice or not at all."""
        while True:
            due = self._ledger.execute(
                "SELECT id, payment_id, amount, currency FROM moves WHERE status = 'pending' AND due <= ?",
                [time.time()],
            ).fetchall()
            for number, payment_id, amount, currency in due:
                paid = self._chance.random() >= _NEVER_PAID
                if paid:
                    await self._book(payment_id, Money.parse(amount, currency))
                status = "succeeded" if paid else "failed"
                self._ledger.execute("UPDATE moves SET status = ? WHERE id = ?", [status, number])
                self._notify(number)
            await asyncio.sleep(_SETTLE_EVERY)

    def _fault(self) -> str | None:
        chance = self._chance.random()
        for name, share in FAULTS.items():
            chance -= share
            if chance < 0:
                return name
        return None

    def _move(self, asked: dict[str, Any]) -> int:
        row = (asked["key"], asked["payment_id"], asked["amount"], asked["currency"])
        due = time.time() + self._chance.uniform(0.1, 1.5)
        made = self._ledger.execute(
            "INSERT INTO moves (key, payment_id, amount, currency, status, due) VALUES (?, ?, ?, ?, 'pending', ?)",
            (*row, due),
        )
        return int(made.lastrowid or 0)

    def _told(self, number: int) -> dict[str, Any]:
        query = "SELECT status, amount, currency FROM moves WHERE id = ?"
        status, amount, currency = self._ledger.execute(query, [number]).fetchone()
        failure = "provider_failed" if status == "failed" else None
        told = {"status": status, "amount": amount, "currency": currency, "failure": failure}
        return {"reference": f"move-{number}", **told}

    async def _book(self, payment_id: str, amount: Money) -> None:
        books = shop_payments.c
        booked = update(shop_payments).where(books.id == payment_id).values(refunded=books.refunded + amount.minor)
        async with self._books.begin() as connection:
            await connection.execute(booked)

    def _notify(self, number: int) -> None:
        chance = self._chance.random()
        times = 0 if chance < _TOLD_NOT else 2 if chance < _TOLD_NOT + _TOLD_TWICE else 1
        for _ in range(times):
            task = asyncio.get_running_loop().create_task(self._tell(number))
            self._notices.add(task)
            task.add_done_callback(self._notices.discard)

    async def _tell(self, number: int) -> None:
        [key] = self._ledger.execute("SELECT key FROM moves WHERE id = ?", [number]).fetchone()
        with suppress(httpx.HTTPError):  # a front that is being killed hears nothing, as in life
            await self._front.put(f"/connect/refund-service/refunds/{key}", json=self._told(number))


def main() -> None:
    """Serves on 127.0.0.1 until it is killed."""
    parser = argparse.ArgumentParser()
    for name in ("--ledger", "--service", "--token", "--database"):
        parser.add_argument(name, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    given = parser.parse_args()
    app: Any = Sanic("faulty_provider", configure_logging=False)

    async def begin(app: Any) -> None:
        app.ctx.provider = Provider(
            ledger=Path(given.ledger),
            service=given.service,
            token=given.token,
            database=given.database,
            seed=given.seed,
        )
        app.add_task(app.ctx.provider.settle())

    async def refund(request: Request) -> HTTPResponse:
        answer: HTTPResponse = await app.ctx.provider.refund(request)
        return answer

    async def find(_request: Request, key: str) -> HTTPResponse:
        answer: HTTPResponse = await app.ctx.provider.find(key)
        return answer

    app.before_server_start(begin)
    app.add_route(refund, "/refunds", methods=["POST"])
    app.add_route(find, "/refunds/<key:str>", methods=["GET"])
    app.run("127.0.0.1", given.port, single_process=True, access_log=False, motd=False)


if __name__ == "__main__":
    main()
