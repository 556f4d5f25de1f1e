"""Measures both assistants in turns, round after round: a machine that is faster for a minute is so for both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.speed.assistants import Assistant
from benchmarks.speed.load import Load, converse, talk_on
from benchmarks.speed.servers import resident_megabytes

ROUNDS = 12
WARM, ALONE, TOGETHER, LONG = 4, 2, 10, 1  # conversations; of ALONE and TOGETHER in each round
NEEDED = WARM + ROUNDS * (ALONE + TOGETHER) + LONG

Session = tuple[str, str]  # its id and language


@dataclass(kw_only=True)
class Result:
    """`start` in seconds; a Load per round; `turns`: turn -> median milliseconds; `memory` in MB at the end."""

    name: str
    start: float
    alone: list[Load] = field(default_factory=list)
    together: list[Load] = field(default_factory=list)
    turns: dict[int, float] = field(default_factory=dict)
    memory: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Running:
    """An assistant that is well, its process, and the seconds that took."""

    assistant: Assistant
    pid: int
    start: float


def measure(running: Sequence[Running], conversations: Sequence[str]) -> list[Result]:
    """Needs NEEDED conversations for each, of customers with something to return; half of them speak Chinese."""
    sessions = [(f"{conversation}.bench", ("zh", "en")[n % 2]) for n, conversation in enumerate(conversations)]
    results = [Result(name=one.assistant.name, start=one.start) for one in running]
    for one in running:
        converse(one.assistant, _taken(sessions, WARM), at_once=1)
    for _ in range(ROUNDS):
        for one, result in zip(running, results, strict=True):
            result.alone.append(converse(one.assistant, _taken(sessions, ALONE), at_once=1))
            result.together.append(converse(one.assistant, _taken(sessions, TOGETHER), at_once=10))
    for one, result in zip(running, results, strict=True):
        result.turns = talk_on(one.assistant, [name for name, _ in _taken(sessions, LONG)])
        result.memory = resident_megabytes(one.pid)
    return results


def _taken(sessions: list[Session], count: int) -> list[Session]:
    """The first ones, which are gone from the list then: a customer has one thing to return."""
    taken = sessions[:count]
    del sessions[:count]
    return taken
