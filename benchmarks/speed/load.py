"""Holding conversations with an assistant, one or several at a time, and taking the time of every message."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from statistics import median

from benchmarks.speed.assistants import Assistant
from benchmarks.speed.dialogues import FILED, LONG_TALK, RETURN, Say

TURNS_LOOKED_AT = (10, 50, 200)
_AROUND = 5


@dataclass
class Load:
    """`seconds` per message; `wall` for all of them; `filed` of `dialogues` came to a return.

    `misread` counts words that the assistant took for something else; they were then said again as their intent.
    """

    seconds: list[float] = field(default_factory=list)
    wall: float = 0.0
    dialogues: int = 0
    filed: int = 0
    misread: int = 0

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.wall

    def milliseconds(self, share: float) -> float:
        """The quantile: 0.95 is what 95 of 100 messages do not exceed."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def summed(loads: Iterable[Load]) -> Load:
    """All of them as one, held one after the other."""
    every = list(loads)
    return Load(
        seconds=[second for load in every for second in load.seconds],
        wall=sum(load.wall for load in every),
        dialogues=sum(load.dialogues for load in every),
        filed=sum(load.filed for load in every),
        misread=sum(load.misread for load in every),
    )


def converse(assistant: Assistant, sessions: Sequence[tuple[str, str]], *, at_once: int) -> Load:
    """A whole return in each (session, language), `at_once` of them at a time."""
    for session, language in sessions:
        assistant.begin(session, language)
    began = time.perf_counter()
    with ThreadPoolExecutor(at_once) as customers:
        talks = list(customers.map(lambda talk: _return(assistant, *talk), sessions))
    return replace(summed(talks), wall=time.perf_counter() - began)


def _return(assistant: Assistant, session: str, language: str) -> Load:
    load = Load(dialogues=1)
    said = ""
    offered: list[str] = []

    def say(text: str, *, tapped: bool) -> str:
        nonlocal offered
        began = time.perf_counter()
        answer, buttons = assistant.say(session, text, tapped=tapped)
        load.seconds.append(time.perf_counter() - began)
        offered = buttons or offered
        return answer

    steps = RETURN[language]
    for number, step in enumerate(steps):
        if isinstance(step, Say):
            said += say(step.text, tapped=False)
            following = steps[number + 1] if number + 1 < len(steps) else None
            if following and not isinstance(following, Say) and not _holds(offered, following.payload):
                load.misread += 1
                said += say(f"/{step.intent}", tapped=True)
        else:
            said += say(_holds(offered, step.payload) or f"/{step.payload}", tapped=True)
    load.filed = int(bool(FILED.search(said)))
    load.wall = sum(load.seconds)
    return load


def _holds(offered: Sequence[str], payload: str) -> str | None:
    return next((button for button in offered if payload in button), None)


def talk_on(assistant: Assistant, sessions: Sequence[str]) -> dict[int, float]:
    """The median milliseconds of the turns around the 10th, 50th and 200th of one session."""
    times: dict[int, list[float]] = {turn: [] for turn in TURNS_LOOKED_AT}
    for session in sessions:
        assistant.begin(session, "en")
        for turn in range(1, max(TURNS_LOOKED_AT) + _AROUND + 1):
            began = time.perf_counter()
            assistant.say(session, LONG_TALK[turn % len(LONG_TALK)], tapped=True)
            spent = time.perf_counter() - began
            for looked_at, seen in times.items():
                if abs(turn - looked_at) <= _AROUND:
                    seen.append(1000 * spent)
    return {turn: median(seen) for turn, seen in times.items()}
