"""A state machine is a table (state, trigger) -> state; anything else is a Conflict."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from aftersales.domain.errors import Conflict

S = TypeVar("S", bound=StrEnum)
T = TypeVar("T", bound=StrEnum)


def advance(table: Mapping[tuple[S, T], S], state: S, trigger: T) -> S:
    """The next state. Raises Conflict when the table has no such row."""
    try:
        return table[state, trigger]
    except KeyError:
        raise Conflict(f"{trigger} in state {state}") from None
