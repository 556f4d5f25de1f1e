"""The two results as a page, and whether the goals are met."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from benchmarks.speed.load import TURNS_LOOKED_AT, Load, summed
from benchmarks.speed.measure import Result

Figure = Callable[[Result, Result], float]
GOALS: tuple[tuple[str, float, Figure, bool], ...] = (
    ("messages/s, one conversation: times stock", 8.0, lambda a, b: _pace(a.alone) / _pace(b.alone), True),
    ("messages/s, ten at a time: times stock", 8.0, lambda a, b: _pace(a.together) / _pace(b.together), True),
    ("resident memory: share of stock", 0.6, lambda a, b: a.memory / b.memory, False),
    ("p95 at one conversation, ms", 60.0, lambda a, _: summed(a.alone).milliseconds(0.95), False),
    ("turn 200 against turn 10", 1.3, lambda a, _: a.turns[200] / a.turns[10], False),
)


def table(ours: Result, stock: Result) -> str:
    """Markdown: every figure of both, then the goals."""
    rows: list[tuple[str, Callable[[Result], str]]] = []
    loads: tuple[tuple[str, Callable[[Result], list[Load]]], ...] = (
        ("one conversation", lambda result: result.alone),
        ("ten", lambda result: result.together),
    )
    for title, of in loads:
        rows += [
            (f"messages/s, {title} at a time", _shown(of, lambda held: f"{_pace(held):.1f}")),
            ("in the slowest and the fastest round", _shown(of, _span)),
        ]
        rows += [
            (f"p{share * 100:.0f}, {title} at a time, ms", _shown(of, _quantile(share)))
            for share in (0.5, 0.95, 0.99)
        ]
    rows += [(f"turn {turn} of one session, ms", _turn(turn)) for turn in TURNS_LOOKED_AT]
    rows += [
        ("resident memory after the load, MB", lambda r: f"{r.memory:.0f}"),
        ("start until well, s", lambda r: f"{r.start:.1f}"),
        ("dialogues that came to a return", lambda r: f"{_all(r).filed} of {_all(r).dialogues}"),
        ("words taken for something else", lambda r: str(_all(r).misread)),
    ]
    lines = ["| | ReturnDesk | stock Rasa |", "|---|---|---|"]
    lines += [f"| {title} | {value(ours)} | {value(stock)} |" for title, value in rows]
    lines += ["", "| goal | wanted | measured | met |", "|---|---|---|---|"]
    for title, wanted, value, least in GOALS:
        found = value(ours, stock)
        sign = "≥" if least else "≤"
        lines.append(
            f"| {title} | {sign} {wanted:g} | {found:.2f} | {'yes' if met(found, wanted, least) else 'no'} |"
        )
    return "\n".join(lines)


def goals_met(ours: Result, stock: Result) -> bool:
    return all(met(value(ours, stock), wanted, least) for _, wanted, value, least in GOALS)


def met(found: float, wanted: float, least: bool) -> bool:
    return found >= wanted if least else found <= wanted


def heading(machine: str, today: date) -> str:
    return f"Measured on {today.isoformat()}: {machine}."


def _shown(of: Callable[[Result], list[Load]], show: Callable[[list[Load]], str]) -> Callable[[Result], str]:
    return lambda result: show(of(result))


def _quantile(share: float) -> Callable[[list[Load]], str]:
    return lambda held: f"{summed(held).milliseconds(share):.0f}"


def _pace(held: list[Load]) -> float:
    return summed(held).per_second


def _span(held: list[Load]) -> str:
    paces = sorted(load.per_second for load in held)
    return f"{paces[0]:.1f}, {paces[-1]:.1f}"


def _all(result: Result) -> Load:
    return summed([*result.alone, *result.together])


def _turn(turn: int) -> Callable[[Result], str]:
    return lambda result: f"{result.turns[turn]:.0f}"
