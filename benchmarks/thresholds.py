"""The limits of bot/decision.yml from a risk/coverage curve on gold files.

The least probability at which an intent of usual risk is acted on is the lowest of the tried ones that keeps all
floors for wrong acts with some room; the other risks stand to it in fixed odds. Nothing else is fitted.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.floors import Floors
from benchmarks.scores import Pair, score
from bot.decision import FILE, Limits, Talk, decide

TRIED = [round(0.40 + 0.02 * step, 2) for step in range(28)]
ODDS = {"free": 0.25, "cheap": 0.8, "usual": 1.0, "dear": 1.4}  # of acting, against the usual
ROOM = 0.8  # share of an allowed risk that is used up: the next texts will be others
SHOWN = ("written_zh", "written_en", "hint3", "banking77", "clinc150", "hwu64", "crosswoz_zh")

Row = dict[str, Any]


@dataclass(frozen=True)
class Point:
    """`act` as in decision.yml, the scores of each set, and the `strain`: at 1 the room is just used up.

    `timid`: fewer of our own requests are acted on than the floors want.
    """

    act: Mapping[str, float]
    scores: Mapping[str, Mapping[str, float]]
    strain: float
    timid: bool


def limits_at(usual: float) -> dict[str, float]:
    """Least probabilities by risk."""
    odds = usual / (1 - usual)
    return {name: round(odds * factor / (1 + odds * factor), 3) for name, factor in ODDS.items()}


def decided_anew(row: Row, limits: Limits) -> Row:
    """The prediction with the decision that these limits give."""
    decision = decide(
        row["text"],
        [(one["intent"], one["confidence"]) for one in row["ranking"]],
        in_trade=row["in_trade"],
        entities={one["entity"] for one in row["entities"]},
        talk=Talk(),
        limits=limits,
    )
    return row | {"decision": decision.kind}


def curve(sets: Mapping[str, Sequence[Pair]], floors: Floors, limits: Limits) -> list[Point]:
    """One point per tried probability, the boldest first."""
    points = []
    for usual in TRIED:
        act = limits_at(usual)
        bound = replace(limits, act=act)
        scores = {
            name: score([(gold, decided_anew(row, bound)) for gold, row in pairs]) for name, pairs in sets.items()
        }
        points.append(Point(act, scores, _strain(scores, floors), _is_timid(scores, floors)))
    return points


def _strain(scores: Mapping[str, Mapping[str, float]], floors: Floors) -> float:
    used = [0.0]
    for name, columns in floors["least"].items():
        if "right" in columns and name in scores:
            used.append((1 - scores[name]["right"]) / (1 - columns["right"]))
    for name, columns in floors["most"].items():
        if "false" in columns and name in scores:
            used.append(scores[name]["false"] / columns["false"])
    return max(used) / ROOM


def _is_timid(scores: Mapping[str, Mapping[str, float]], floors: Floors) -> bool:
    wanted = {name: columns["cover"] for name, columns in floors["least"].items() if "cover" in columns}
    return any(scores[name]["cover"] < cover for name, cover in wanted.items() if name in scores)


def choose(points: Sequence[Point]) -> Point:
    """The boldest that leaves the room, or at least keeps the floors; failing both, that of least strain."""
    for most in (1, 1 / ROOM):
        for point in points:
            if point.strain <= most and not point.timid:
                return point
    return min(points, key=lambda point: point.strain)


def curve_as_markdown(points: Sequence[Point], chosen: Point) -> str:
    """Every other point: cover, right and false per set; the chosen one in bold."""
    names = [name for name in SHOWN if name in points[0].scores]
    lines = ["| act on usual | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for number, point in enumerate(points):
        if number % 3 and point is not chosen:
            continue
        cells = [
            " / ".join(_share(point.scores[name][column]) for column in ("cover", "right", "false"))
            for name in names
        ]
        usual = f"{point.act['usual']:.2f}"
        lines.append(f"| {f'**{usual}**' if point is chosen else usual} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _share(value: float) -> str:
    return "–" if value != value else f"{value:.3f}".lstrip("0") if value < 1 else "1"


def write_limits(act: Mapping[str, float], path: Path = FILE) -> None:
    """Replaces the line `act: {...}`; ValueError for a file without it."""
    before = path.read_text(encoding="utf8")
    told = ", ".join(f"{name}: {value}" for name, value in act.items())
    after, count = re.subn(r"^act: \{.*\}$", f"act: {{{told}}}", before, flags=re.MULTILINE)
    if count != 1:
        raise ValueError(f"{path}: no line that says act: {{...}}")
    path.write_text(after, encoding="utf8")
