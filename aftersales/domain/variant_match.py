"""Matching words of a customer to a product's variants ("in blue", "换成蓝色的", "one size up"). Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aftersales.domain.orders import Variant

_HAN = re.compile(r"[\u3400-\u9fff]")
_NOT_WANTED = re.compile(
    r"(?:\bnot\b|\binstead of\b|\brather than\b|不要|不是|别要)\s*(?:the\s+)?(?:size\s+)?"
    r"[a-z0-9]*[\u3400-\u9fff]{0,3}"
)
# What follows the last of these is what is wanted: "S 改成 M", "from black to blue".
_TARGET = re.compile(
    r".*(?:换成|改成|换为|改为|调成|换到|改到|换|改|\bto\b|\binto\b|\bfor\b)(?=.*[\w])", re.DOTALL
)
_BIGGER = re.compile(r"大一?[码号]|大[一1]个?[码号]|\bsize up\b|\bbigger\b|\blarger\b|\bone up\b")
_SMALLER = re.compile(r"小一?[码号]|小[一1]个?[码号]|\bsize down\b|\bsmaller\b|\bone down\b")
_UNITS = re.compile(r"(?:码|号|色|\beu\b|\bsize\b)")


def match_variants(said: str, variants: Sequence[Variant], *, current: str) -> tuple[str, ...]:
    """Ids of the variants that the words mean: one when it is clear, several when they tie, or none.

    Options that the words do not name stay as they are in the `current` variant. A bigger or smaller size is the
    next in the shop's order. What is not wanted ("blue, not black") does not count.
    """
    text = _NOT_WANTED.sub(" ", said.lower())
    axes = {variant.id: _axes(variant) for variant in variants}
    now = axes.get(current, ())
    step = 1 if _BIGGER.search(text) else -1 if _SMALLER.search(text) else 0
    target = _TARGET.sub("", text)
    for words in (target, text):
        wanted = [_named(words, {each[n] for each in axes.values() if n < len(each)}) for n in range(len(now))]
        wanted = [named - {now[n]} or named for n, named in enumerate(wanted)]
        if any(wanted):
            return tuple(key for key, each in axes.items() if _fits(each, now, wanted) and key != current)
    return _next_size(axes, now, step) if step else ()


def _axes(variant: Variant) -> tuple[tuple[str, str], ...]:
    """The options one by one, in both languages: (("天蓝", "sky blue"), ("m", "m"))."""
    zh, en = (re.split(r"\s*[/,，、]\s*", text.lower()) for text in (variant.options.zh, variant.options.en))
    return tuple(zip(zh, en, strict=False))


def _named(text: str, options: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The options that the text names; the ones it names in full, where there are any."""
    full = {option for option in options if any(_says(text, word) for word in option if word)}
    return full or {option for option in options if any(_says(text, core) for core in _cores(option))}


def _says(text: str, word: str) -> bool:
    if _HAN.search(word):
        return re.sub(r"\s", "", word) in re.sub(r"\s", "", text)
    return bool(re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", text))


def _cores(option: tuple[str, str]) -> set[str]:
    """What people say for short: 蓝 for 天蓝, blue for sky blue, 42 for 42 码."""
    zh, en = option
    cores = {_UNITS.sub("", zh).strip(), _UNITS.sub("", en).strip()}
    bare = re.sub(r"[^\u3400-\u9fff]", "", _UNITS.sub("", zh))
    cores |= {bare[-1:]} if len(bare) in (2, 3) else set()
    words = en.split()
    cores |= {words[-1]} if len(words) > 1 else set()
    return {core for core in cores if core}


def _fits(
    each: tuple[tuple[str, str], ...],
    now: tuple[tuple[str, str], ...],
    wanted: list[set[tuple[str, str]]],
) -> bool:
    return len(each) == len(now) and all(
        option in wanted[n] if wanted[n] else option == now[n] for n, option in enumerate(each)
    )


def _next_size(
    axes: dict[str, tuple[tuple[str, str], ...]], now: tuple[tuple[str, str], ...], step: int
) -> tuple[str, ...]:
    """The neighbour in the last option, which is the size where there is one."""
    rows = [key for key, each in axes.items() if each[:-1] == now[:-1]]
    here = next((n for n, key in enumerate(rows) if axes[key] == now), None)
    if here is None or not 0 <= here + step < len(rows):
        return ()
    return (rows[here + step],)
