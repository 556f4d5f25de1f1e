"""Shop files: JSON Lines (plain or gzip) of any size, and one JSON document for small ones."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal, Self, cast

DOCUMENT_LIMIT = 20 * 1024 * 1024
LINE_LIMIT = 1024 * 1024
SECTIONS = {"customers": "customer", "products": "product", "orders": "order"}

Format = Literal["jsonl", "jsonl.gz", "json"]


class ShopFileError(Exception):
    """The file as a whole cannot be read."""


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record as JSON text. `place` is `line 7` or `orders[3]`."""

    place: str
    json: bytes


def format_of(path: Path) -> Format:
    """By the file's name. Raises ShopFileError."""
    known: tuple[Format, ...] = ("jsonl.gz", "jsonl", "json")
    for ending in known:
        if path.name.lower().endswith(f".{ending}"):
            return ending
    raise ShopFileError(f"{path.name}: the name must end in .jsonl, .jsonl.gz or .json")


def read_records(path: Path, *, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[RawRecord]:
    """The records in their order, one in memory at a time (a .json document is read whole, 20 MB at most).

    `on_bytes` is told how many bytes of the file have been read. Raises ShopFileError.
    """
    form = format_of(path)
    try:
        if form == "json":
            yield from _document(path)
            on_bytes(path.stat().st_size)
        else:
            with path.open("rb") as file, gzip.GzipFile(fileobj=file) as unzipped:
                lines = cast(IO[bytes], unzipped) if form == "jsonl.gz" else file
                yield from _lines(lines, at=lambda: on_bytes(file.tell()))
    except (OSError, EOFError, zlib.error) as error:
        raise ShopFileError(f"{path.name}: {error}") from error


def _lines(file: IO[bytes], *, at: Callable[[], None]) -> Iterator[RawRecord]:
    number = 0
    while line := file.readline(LINE_LIMIT + 1):
        number += 1
        if len(line) > LINE_LIMIT:
            raise ShopFileError(f"line {number}: longer than {LINE_LIMIT} bytes")
        if number % 100 == 0:
            at()
        if line.strip():
            yield RawRecord(f"line {number}", line.removeprefix(b"\xef\xbb\xbf"))
    at()


def _document(path: Path) -> Iterator[RawRecord]:
    if path.stat().st_size > DOCUMENT_LIMIT:
        raise ShopFileError(f"{path.name}: a .json file may have 20 MB; write .jsonl, one record on each line")
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ShopFileError(f"{path.name}: no JSON ({error})") from error
    if not isinstance(document, dict) or not all(isinstance(part, list) for part in document.values()):
        raise ShopFileError(f"{path.name}: must be an object of lists")
    unknown = sorted(document.keys() - SECTIONS.keys())
    if unknown:
        raise ShopFileError(f"{path.name}: unknown section {unknown[0]!r}")
    for section, kind in SECTIONS.items():
        for index, item in enumerate(document.get(section, [])):
            typed: Any = {"type": kind, **item} if isinstance(item, dict) else item
            yield RawRecord(f"{section}[{index}]", json.dumps(typed).encode())


class RecordWriter:
    """Writes records, which must come customers first, then products, then orders. Use as a context."""

    def __init__(self, file: IO[bytes], *, form: Format) -> None:
        self._zip = gzip.GzipFile(fileobj=file, mode="wb", mtime=0) if form == "jsonl.gz" else None
        self._file = cast(IO[bytes], self._zip or file)
        self._document = form == "json"
        self._section = ""

    def __enter__(self) -> Self:
        return self

    def write(self, kind: str, text: str) -> None:
        """`text` is one JSON object without line breaks."""
        if self._document:
            self._begin(kind)
            self._file.write(text.encode())
        else:
            self._file.write(text.encode() + b"\n")

    def _begin(self, kind: str) -> None:
        if kind == self._section:
            self._file.write(b",\n")
            return
        name = next(name for name, of in SECTIONS.items() if of == kind)
        self._file.write(b"\n],\n" if self._section else b"{")
        self._file.write(f'"{name}": [\n'.encode())
        self._section = kind

    def __exit__(self, *_: object) -> None:
        if self._document:
            self._file.write(b"\n]}\n" if self._section else b"{}\n")
        if self._zip:
            self._zip.close()
