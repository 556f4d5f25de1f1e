"""`returndesk statement`: what was paid back of an order, to a customer, or in a period."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console

from aftersales.domain.errors import Invalid, NotFound, Unavailable
from aftersales.domain.statements import Line, Scope, period
from aftersales.domain.texts import LANGUAGES, Language
from aftersales.services.context import Context
from aftersales.services.statements import read_statement, statements_of_customer, walk_lines
from desk.rendering import Pages
from runtime.problems import read_settings
from runtime.statement_csv import csv_header, csv_rows
from runtime.statement_tables import Tables
from runtime.wiring import open_context

_DAYS = ["%Y-%m-%d"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """One of the three is given."""

    order: str | None
    customer: str | None
    days: tuple[date, date] | None


def statement(
    order: Annotated[str | None, typer.Option(help="The order's number.")] = None,
    customer: Annotated[str | None, typer.Option(help="The shop's id of a customer.")] = None,
    first: Annotated[datetime | None, typer.Option("--from", formats=_DAYS, help="First day.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=_DAYS, help="Last day.")] = None,
    file: Annotated[
        Path | None, typer.Option("--csv", help="Write CSV to this file, or to the standard output (-).")
    ] = None,
    bom: Annotated[bool, typer.Option("--bom", help="CSV with a byte order mark, for Excel.")] = False,
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
) -> None:
    """Tell what was paid, refunded, reserved and forfeited, and of each refund who did it, when and why.

    Of an order, of a customer, or of the refunds granted in a period (days of the shop's zone, a year at most).
    """
    if language not in LANGUAGES:
        raise typer.BadParameter(language, param_hint="--language")
    if (first is None) != (last is None) or [order, customer, first].count(None) != 2:
        raise typer.BadParameter("give one of --order, --customer, and --from with --to")
    chosen = Chosen(order, customer, (first.date(), last.date()) if first and last else None)
    with _errors_told(chosen):
        if file is not None:
            asyncio.run(_write(chosen, file, bom=bom))
        else:
            asyncio.run(_show(chosen, "zh" if language == "zh" else "en"))


async def _write(chosen: Chosen, file: Path, *, bom: bool) -> None:
    async with open_context(read_settings(), watches=False) as ctx:
        with _target(file) as target:
            target.write(csv_header(bom=bom))
            async for lines in _lines(ctx, chosen):
                target.write(csv_rows(lines, zone=ctx.zone))


async def _show(chosen: Chosen, language: Language) -> None:
    console = Console()
    async with open_context(read_settings(), watches=False) as ctx:
        tables = Tables(Pages(zone=ctx.zone).texts(language), ctx.zone)
        if chosen.order is not None:
            console.print(*tables.statement(await read_statement(ctx, number=chosen.order)), sep="\n")
        elif chosen.customer is not None:
            async for found in statements_of_customer(ctx, customer_id=chosen.customer):
                console.print(*tables.statement(found), sep="\n")
        else:
            async for lines in _lines(ctx, chosen):
                console.print(tables.lines(lines, with_order=True))
        console.print(tables.summary())


async def _lines(ctx: Context, chosen: Chosen) -> AsyncIterator[Sequence[Line]]:
    if chosen.order is not None:
        yield (await read_statement(ctx, number=chosen.order)).lines
        return
    scope = Scope(customer_id=chosen.customer)
    async for lines in walk_lines(ctx, period(*chosen.days, zone=ctx.zone) if chosen.days else scope):
        yield lines


@contextmanager
def _target(file: Path) -> Iterator[TextIO]:
    """The file, which appears under its name only when it is whole; or the standard output for "-"."""
    if str(file) == "-":
        with open(sys.stdout.fileno(), "w", encoding="utf8", newline="", closefd=False) as out:
            yield out
        return
    partial = file.with_name(f".{file.name}.partial")
    try:
        with partial.open("w", encoding="utf8", newline="") as target:
            yield target
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _errors_told(chosen: Chosen) -> Iterator[None]:
    """Status 1 and a line for everything that may be expected to go wrong."""
    try:
        yield
        return
    except NotFound:
        reason = f"{chosen.order}: there is no such order"
    except Invalid:
        reason = "a period does not end before it begins, and is a year long at most"
    except Unavailable:
        reason = "the shop cannot be reached"
    except OSError as error:
        reason = str(error)
    typer.echo(reason, err=True)
    raise typer.Exit(1)
