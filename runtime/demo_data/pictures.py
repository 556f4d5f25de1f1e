"""Pictures of the demo products: one flat drawing per kind of thing, in the colour of the variant."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_DRAWINGS = Path(__file__).with_name("drawings")
# The drawings are pictures in their own right, in these three tones; each is replaced.
_MAIN, _DARK, _LIGHT = "#e4573d", "#b43f2a", "#f6b8a8"
_BACKGROUNDS = {
    "shoes": "#e8eef6",
    "clothing": "#f3ece6",
    "accessories": "#ece9f4",
    "bags": "#e9f0ea",
    "electronics": "#e6ecf0",
    "home": "#f5efe2",
    "beauty": "#f8e9ec",
    "food": "#eef3e2",
    "books": "#f2ede3",
    "digital": "#e5eef5",
    "custom": "#f4ebf0",
    "outdoor": "#e5f0ec",
    "gifts": "#f7efe0",
}


def picture(drawing: str, *, colour: str, category: str) -> str:
    """An SVG of 400 × 400; `colour` is #rrggbb. Raises FileNotFoundError when there is no such drawing."""
    background = _BACKGROUNDS[category]
    tones = {_MAIN: colour, _DARK: _mix(colour, "#101820", 0.28), _LIGHT: _mix(colour, "#ffffff", 0.62)}
    thing = re.sub("|".join(tones), lambda match: tones[match[0]], _thing(drawing))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="400" height="400">\n'
        f'<rect width="400" height="400" fill="{background}"/>\n'
        f'<circle cx="200" cy="196" r="158" fill="{_mix(background, "#ffffff", 0.55)}"/>\n'
        f'<ellipse cx="200" cy="324" rx="128" ry="13" fill="{_mix(background, "#101820", 0.14)}"/>\n'
        f"{thing}\n</svg>\n"
    )


@cache
def _thing(drawing: str) -> str:
    """The inside of a drawing's <svg>."""
    text = (_DRAWINGS / f"{drawing}.svg").read_text(encoding="utf-8")
    return text[text.index(">") + 1 : text.rindex("</svg>")].strip()


def _mix(colour: str, other: str, part: float) -> str:
    """`part` of the other colour in this one."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(own + (theirs - own) * part):02x}" for own, theirs in pairs)


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))
