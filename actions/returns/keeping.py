"""What of the goods a message wants kept and what sent off, where it tells the two apart. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_KEEP = re.compile(
    r"留着|留下|保留|(?:不|别|甭)(?:想|要|用|再)?[退换](?!款|钱)(?:货|掉|了)?|而不是"
    r"|\b(?:keep(?:ing)?|hold(?:ing)? on to|instead of|rather than)\b"
    r"|\b(?:don'?t|do not|won'?t|not) (?:want to )?(?:return|exchange|swap|send)(?:ing)?\b",
    re.IGNORECASE,
)
_OFF = re.compile(
    r"[退换](?!款|钱|我?的?钱)(?:货|掉|了)?|寄回|调换"
    r"|\b(?:return|exchange|swap|send(?: back)?|replace)(?:ing)?\b(?! (?:my|the) (?:money|cash))",
    re.IGNORECASE,
)
_SWAPS = re.compile(r"换|\b(?:exchange|swap|replace)", re.IGNORECASE)
_CLAUSE = re.compile(r"[,，。.;；!！?？、\n]+|\bbut\b|但是?|而(?!是)|然后")
_NOTHING = re.compile(r"都不|什么都|\b(?:nothing|neither|none|anything)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Parted:
    """The words about what is kept, those about what goes off, and whether others shall come for that."""

    kept: str
    off: str
    swapped: bool


def parted(text: str) -> Parted | None:
    """The two sides of "keep the shirt and return the jeans"; None where a message has only one or none."""
    if _NOTHING.search(text):
        return None
    kept, off = "", ""
    for piece in (part for clause in _CLAUSE.split(text) for part in _pieces(clause)):
        if _KEEP.search(piece):
            kept += f" {piece}"
        elif _OFF.search(piece):
            off += f" {piece}"
    return Parted(kept, off, bool(_SWAPS.search(off))) if kept and off else None


def _pieces(clause: str) -> list[str]:
    """A clause, cut before each verb after the first: "return the jeans | keep the shirt"."""
    verbs = list(_KEEP.finditer(clause))
    places = [(verb.start(), verb.end()) for verb in verbs]
    places += [
        (verb.start(), verb.end())
        for verb in _OFF.finditer(clause)
        if not any(start <= verb.start() < end for start, end in places)
    ]
    cuts = [start for start, _ in sorted(places)][1:]
    return [clause[start:end] for start, end in zip([0, *cuts], [*cuts, len(clause)], strict=True)]
