"""Which variant a customer means by words: one size up, the same in blue, XL, a new one. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aftersales.domain.orders import Variant
from aftersales.domain.variant_words import Size, names_value, size_of, sizes_said

_COUNT = r"(?P<count>half a|half|an?|one|two|three|1|2|3|½)?"
_COUNT_ZH = r"(?P<count>半|一|两|二|三|1|2|3|½)"
_UP = (
    re.compile(rf"(?:大|升)(?:{_COUNT_ZH}个?(?:码|号|尺码)|码)"),
    re.compile(r"大(?:点|一点|些|一些)"),
    re.compile(rf"\b{_COUNT}\s*sizes?\s+(?:up|bigger|larger|above)"),
    re.compile(rf"\b(?:go|going|size)\s+up\b(?:\s+{_COUNT}\s*sizes?)?"),
    re.compile(r"\bnext\s+size\b(?!\s+down)|\b(?:bigger|larger)\b"),
)
_DOWN = (
    re.compile(rf"(?:小|降)(?:{_COUNT_ZH}个?(?:码|号|尺码)|码)"),
    re.compile(r"小(?:点|一点|些|一些)"),
    re.compile(rf"\b{_COUNT}\s*sizes?\s+(?:down|smaller|below)"),
    re.compile(rf"\b(?:go|going|size)\s+down\b(?:\s+{_COUNT}\s*sizes?)?"),
    re.compile(r"\bnext\s+size\s+down\b|\bsmaller\b"),
)
_STEPS = {"半": 0.5, "½": 0.5, "half": 0.5, "half a": 0.5, "两": 2, "二": 2, "2": 2, "two": 2}
_STEPS |= {"三": 3, "3": 3, "three": 3}
_SAME = re.compile(
    r"一样的|同样的|同款|原款|同一款|换个?新的?|(?:重|再)(?:新)?(?:发|寄)|补发|新的|正确的|对的那"
    r"|\b(?:same|new one|new pair|another one|identical|right one|correct one|fresh one|replace(?:d|ment)?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Choice:
    """`variants` are those that the words fit: one when it is clear, several to choose among, or none.

    `said` tells whether the words name anything at all, `beyond` that they ask for a size that there is not,
    `same` that they ask for the same goods again.
    """

    variants: tuple[Variant, ...] = ()
    said: bool = False
    beyond: bool = False
    same: bool = False


def options_of(variant: Variant) -> tuple[tuple[str, str], ...]:
    """Its option values in Chinese and in English, one pair an option ("珊瑚红 / 38 码")."""
    zh, en = ([part.strip() for part in text.split(" / ")] for text in (variant.options.zh, variant.options.en))
    return tuple(zip(zh, en, strict=True)) if len(zh) == len(en) else ((variant.options.zh, variant.options.en),)


def size_option(variants: Sequence[Variant]) -> int | None:
    """The place of the option that is a size: each variant has one, on one scale. None where there is none."""
    columns = list(zip(*(options_of(variant) for variant in variants), strict=False)) if variants else []
    for place, column in enumerate(columns):
        sizes = [size_of(en) or size_of(zh) for zh, en in column]
        if all(sizes) and len({size[0] for size in sizes if size}) == 1:
            return place
    return None


def choose(text: str, variants: Sequence[Variant], *, current: Variant | None) -> Choice:
    """What the words mean among the variants of the product of which the customer has `current`.

    What the words leave open stays as it is: another colour in the same size, another size in the same colour.
    """
    size_at = size_option(variants)
    steps = _steps(text)
    wanted: dict[int, set[tuple[str, str]]] = {}
    if steps and size_at is not None and current is not None:
        target = _stepped(variants, current, size_at=size_at, steps=steps)
        if target is None:
            return Choice(said=True, beyond=True)
        wanted[size_at] = {target}
    for place in range(len(options_of(variants[0])) if variants else 0):
        if place not in wanted:
            named = _named(text, variants, place=place, is_size=place == size_at, current=current)
            wanted |= {place: named} if named else {}
    if not wanted:
        same = current is not None and bool(_SAME.search(text))
        return Choice(variants=(current,) if same and current else (), said=same, same=same)
    return Choice(variants=_fitting(variants, wanted, current), said=True)


def _steps(text: str) -> float:
    """How many sizes up (or, below zero, down) the words go; 0 when they do not say."""
    low = text.lower()
    for sign, patterns in ((-1, _DOWN), (1, _UP)):
        for pattern in patterns:
            found = pattern.search(low)
            if found:
                count = found.groupdict().get("count") or ""
                return sign * _STEPS.get(count.strip(), 1)
    return 0


def _size(variant: Variant, place: int) -> Size | None:
    zh, en = options_of(variant)[place]
    return size_of(en) or size_of(zh)


def _stepped(
    variants: Sequence[Variant], current: Variant, *, size_at: int, steps: float
) -> tuple[str, str] | None:
    """The size so many steps away: of numbers exactly so, where there is such a size, else by places."""
    sizes = {options_of(variant)[size_at]: _size(variant, size_at) for variant in variants}
    ordered = sorted({size[1] for size in sizes.values() if size})
    now = _size(current, size_at) if size_at < len(options_of(current)) else None
    if now is None or now[1] not in ordered:
        return None
    place = ordered.index(now[1]) + (round(steps) or (1 if steps > 0 else -1))
    exact = now[1] + steps
    if now[0] == "number" and exact in ordered:
        wanted = exact
    elif 0 <= place < len(ordered):
        wanted = ordered[place]
    else:
        return None
    return next(value for value, size in sizes.items() if size and size[1] == wanted)


def _named(
    text: str, variants: Sequence[Variant], *, place: int, is_size: bool, current: Variant | None
) -> set[tuple[str, str]]:
    """The values of one option that the words name; what the customer has now is dropped beside another."""
    values = {options_of(variant)[place] for variant in variants}
    if is_size:
        said = sizes_said(text)
        named = {value for value in values if (size_of(value[1]) or size_of(value[0])) in said}
    else:
        clear = {value: max(names_value(text, value[0]), names_value(text, value[1])) for value in values}
        best = max(clear.values(), default=0)
        named = {value for value, plainly in clear.items() if best and plainly == best}
    own = options_of(current)[place] if current and place < len(options_of(current)) else None
    return named - {own} if own in named and len(named) > 1 else named


def _fitting(
    variants: Sequence[Variant], wanted: dict[int, set[tuple[str, str]]], current: Variant | None
) -> tuple[Variant, ...]:
    """Those with what is wanted, and else with what the customer has, if there is one such."""
    fit = [v for v in variants if all(options_of(v)[place] in values for place, values in wanted.items())]
    own = options_of(current) if current else ()
    kept = [
        v
        for v in fit
        if all(options_of(v)[place] == value for place, value in enumerate(own) if place not in wanted)
    ]
    return tuple(kept or fit)
