"""What an import tells: how much was read, and which records were wrong, where and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Generic, TypeVar

REPORTED_ERRORS = 20
_REMEMBERED = 10_000

R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Placed(Generic[R_co]):
    """A record and where the file has it."""

    place: str
    record: R_co


@dataclass(frozen=True, slots=True)
class RecordError:
    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """`counts` by kind of record; `errors` are the first ones of `error_count`."""

    counts: dict[str, int]
    errors: tuple[RecordError, ...]
    error_count: int


class ImportRejectedError(Exception):
    """The file has errors; nothing of it was imported."""

    def __init__(self, report: ImportReport) -> None:
        super().__init__(f"{report.error_count} errors")
        self.report = report


@dataclass(slots=True)
class Run:
    """One import. Remembers the ids of wrong records, so that what refers to them is not blamed as well."""

    id: str
    counts: Counter[str] = field(default_factory=Counter)
    errors: list[RecordError] = field(default_factory=list)
    error_count: int = 0
    _rejected: set[str] = field(default_factory=set)

    def reject(self, place: str, reason: str, *, ids: tuple[str, ...] = ()) -> None:
        self.error_count += 1
        if len(self.errors) < REPORTED_ERRORS:
            self.errors.append(RecordError(place, reason))
        if len(self._rejected) < _REMEMBERED:
            self._rejected.update(ids)

    def is_rejected(self, record_id: str) -> bool:
        return record_id in self._rejected

    def report(self) -> ImportReport:
        return ImportReport(dict(self.counts), tuple(self.errors), self.error_count)
