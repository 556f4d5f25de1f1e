"""The two results as a page, and whether the goals are met."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from benchmarks.speed.load import TURNS_LOOKED_AT
from benchmarks.speed.measure import Result

GOALS: tuple[tuple[str, float, Callable[[Result, Result], float], bool], ...] = (
    ("messages/s, one conversation: times stock", 8.0, lambda a, b: a.alone.per_second / b.alone.per_second, True),
    (
        "messages/s, ten at a time: times stock",
        8.0,
        lambda a, b: a.together.per_second / b.together.per_second,
        True,
    ),
    ("resident memory: share of stock", 0.6, lambda a, b: a.memory / b.memory, False),
    ("p95 at one conversation, ms", 60.0, lambda a, _: a.alone.milliseconds(0.95), False),
    ("turn 200 against turn 10", 1.3, lambda a, _: a.turns[200] / a.turns[10], False),
)


def table(ours: Result, stock: Result) -> str:
    """Markdown: every figure of both, then the goals."""
    rows: list[tuple[str, Callable[[Result], str]]] = [
        ("messages/s, one conversation at a time", lambda r: f"{r.alone.per_second:.1f}"),
        ("messages/s, ten at a time", lambda r: f"{r.together.per_second:.1f}"),
    ]
    for name in ("alone", "together"):
        title = "one" if name == "alone" else "ten"
        for share in (0.5, 0.95, 0.99):
            rows.append((f"p{share * 100:.0f}, {title} at a time, ms", _quantile(name, share)))
    rows += [(f"turn {turn} of one session, ms", _turn(turn)) for turn in TURNS_LOOKED_AT]
    rows += [
        ("resident memory after the load, MB", lambda r: f"{r.memory:.0f}"),
        ("start until well, s", lambda r: f"{r.start:.1f}"),
        ("dialogues that came to a return", lambda r: f"{_filed(r)} of {_dialogues(r)}"),
        ("words taken for something else", lambda r: str(r.alone.misread + r.together.misread)),
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


def _quantile(name: str, share: float) -> Callable[[Result], str]:
    return lambda result: f"{getattr(result, name).milliseconds(share):.0f}"


def _turn(turn: int) -> Callable[[Result], str]:
    return lambda result: f"{result.turns[turn]:.0f}"


def _filed(result: Result) -> int:
    return result.alone.filed + result.together.filed


def _dialogues(result: Result) -> int:
    return result.alone.dialogues + result.together.dialogues
