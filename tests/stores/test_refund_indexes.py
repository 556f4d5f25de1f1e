"""Statements go page by page over what may be years of refunds: each page is found, none reads them all."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from aftersales.domain.refunds import Refund
from aftersales.domain.statements import Scope
from aftersales.stores.refunds import SqlRefunds
from tests.databases import open_database
from tests.fakes import NOON
from tests.records import make_refund

MORROW = NOON + timedelta(days=1)


@pytest.mark.parametrize("after", [None, make_refund()])
@pytest.mark.parametrize(
    "scope",
    [
        Scope(order_number="RD1"),
        Scope(customer_id="c1"),
        Scope(customer_id="c1", since=NOON, before=MORROW),
        Scope(since=NOON, before=MORROW),
    ],
)
async def test_no_page_of_a_statement_reads_all_refunds(
    scope: Scope, after: Refund | None, tmp_path: Path
) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        asked.append((statement, values))

    async with open_database("sqlite", tmp_path) as engine, engine.connect() as connection:
        event.listen(engine.sync_engine, "before_cursor_execute", note)
        await SqlRefunds(connection).walk(scope, after=after, limit=200)
        statement, values = asked[-1]
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        assert plan.all()[0].detail.startswith("SEARCH refunds USING INDEX")
