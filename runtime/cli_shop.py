"""The commands for the embedded shop: import, export, seed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from aftersales.domain.errors import AftersalesError
from aftersales.stores.base import make_engine
from aftersales.stores.migrations import upgrade
from aftersales.stores.shop_export import export_records
from aftersales.stores.shop_files import Format, RecordWriter, ShopFileError, format_of, read_records
from aftersales.stores.shop_import import import_shop
from aftersales.stores.shop_import_report import ImportRejectedError, ImportReport
from runtime.demo_data.seeder import seed_demo
from runtime.places import make_data_folder
from runtime.problems import read_settings
from runtime.settings import Settings

app = typer.Typer(help="The embedded shop: bring data in and out.", no_args_is_help=True)
_console = Console(stderr=True)

ShopFile = Annotated[Path, typer.Argument(help="A .jsonl, .jsonl.gz or (up to 20 MB) .json file.")]


@app.command("import")
def import_file(file: ShopFile) -> None:
    """Import customers, products and orders; all of the file or, when anything in it is wrong, nothing."""
    with _errors_told():
        report = asyncio.run(_import(file, size=file.stat().st_size))
        _console.print(f"Imported {_counts(report)}.")


@app.command("export")
def export_file(
    file: Annotated[Path | None, typer.Argument(help="Default: JSON Lines to the output.")] = None,
) -> None:
    """Write everything in the form that `import` reads."""
    with _errors_told():
        count = asyncio.run(_export(file))
        _console.print(f"Exported {count} records.")


@app.command("seed")
def seed() -> None:
    """Fill an empty shop with the demo customers, products and orders."""
    with _errors_told():
        seeded = asyncio.run(_seed())
        _console.print("The demo shop is ready." if seeded else "The shop has orders; nothing was changed.")


async def _import(file: Path, *, size: int) -> ImportReport:
    with _progress() as progress:
        task = progress.add_task(file.name, total=size)
        records = read_records(file, on_bytes=lambda done: progress.update(task, completed=done))
        async with _database(read_settings()) as engine:
            return await import_shop(engine, records)


async def _export(file: Path | None) -> int:
    form: Format = format_of(file) if file else "jsonl"
    count = 0
    async with _database(read_settings()) as engine:
        with _target(file) as target, RecordWriter(target, form=form) as writer:
            async for kind, text in export_records(engine):
                writer.write(kind, text)
                count += 1
    return count


async def _seed() -> bool:
    settings = read_settings()
    async with _database(settings) as engine:
        return await seed_demo(engine, media_folder=settings.data / "media", now=datetime.now(UTC))


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """The database with the present tables. Raises OSError, SQLAlchemyError."""
    make_data_folder(settings.data)
    engine = make_engine(settings.database)
    try:
        await upgrade(engine)
        yield engine
    finally:
        await engine.dispose()


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=_console, disable=not _console.is_terminal)


@contextmanager
def _target(file: Path | None) -> Iterator[IO[bytes]]:
    """The file, which appears under its name only when it is whole; or the standard output."""
    if file is None:
        yield sys.stdout.buffer
        return
    partial = file.with_name(f".{file.name}.partial")
    try:
        with partial.open("wb") as target:
            yield target
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _errors_told() -> Iterator[None]:
    """Exit code 1 and a message for everything that may be expected to go wrong."""
    try:
        yield
    except ImportRejectedError as error:
        report = error.report
        for wrong in report.errors:
            _console.print(f"[red]{escape(wrong.place)}[/red]: {escape(wrong.reason)}", soft_wrap=True)
        _console.print(f"{report.error_count} wrong records ({len(report.errors)} shown). Nothing was imported.")
    except (ShopFileError, AftersalesError, SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        _console.print(f"[red]{escape(reason)}[/red]", soft_wrap=True)
    else:
        return
    raise typer.Exit(1)


def _counts(report: ImportReport) -> str:
    return ", ".join(f"{report.counts.get(kind, 0)} {kind}s" for kind in ("customer", "product", "order"))
