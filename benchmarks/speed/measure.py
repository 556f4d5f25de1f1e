"""Measures one assistant: one conversation at a time, ten at a time, and one session of two hundred messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.speed.assistants import Assistant
from benchmarks.speed.load import Load, converse, talk_on
from benchmarks.speed.servers import resident_megabytes

ALONE, TOGETHER, LONG = 12, 20, 1
NEEDED = 2 + ALONE + TOGETHER + LONG


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """`start` in seconds, `memory` in megabytes after the load, `turns` turn -> median milliseconds."""

    name: str
    start: float
    memory: float
    alone: Load
    together: Load
    turns: dict[int, float]


def measure(assistant: Assistant, conversations: Sequence[str], *, pid: int, start: float) -> Result:
    """Needs NEEDED conversations of customers with something to return; half of them speak Chinese."""
    sessions = [(f"{conversation}.bench", ("zh", "en")[n % 2]) for n, conversation in enumerate(conversations)]
    warm, rest = sessions[:2], sessions[2:]
    converse(assistant, warm, at_once=1)
    return Result(
        name=assistant.name,
        start=start,
        alone=converse(assistant, rest[:ALONE], at_once=1),
        together=converse(assistant, rest[ALONE : ALONE + TOGETHER], at_once=10),
        turns=talk_on(assistant, [name for name, _ in rest[ALONE + TOGETHER :][:LONG]]),
        memory=resident_megabytes(pid),
    )
