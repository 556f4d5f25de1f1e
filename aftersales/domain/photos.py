"""Recognising a picture that came before, by hashes of 64 bits (16 hexadecimal digits) that differ in few bits."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

_BITS = 64
_BANDS = 4
# A picture with fewer set or unset bits shows next to nothing, and would be like every other such picture.
_LEAST_SHOWN = 6


def hash_of(grey: Sequence[int], *, width: int) -> str | None:
    """The difference hash of eight rows of nine grey values (0 to 255): is each brighter than the one before?

    A difference of one or two is noise. None for a picture that shows too little to be told from others.
    """
    rows = [grey[start : start + width] for start in range(0, len(grey), width)]
    bits = [after - before > 2 for row in rows for before, after in pairwise(row)]
    if len(bits) != _BITS:
        raise ValueError(f"{len(bits)} bits instead of {_BITS}")
    if not _LEAST_SHOWN <= sum(bits) <= _BITS - _LEAST_SHOWN:
        return None
    return f"{int(''.join('1' if bit else '0' for bit in bits), 2):016x}"


def distance(one: str, other: str) -> int:
    """In how many bits two hashes differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def bands(photo_hash: str) -> tuple[int, ...]:
    """Four numbers of 16 bits: of two hashes that differ in three bits at most, at least one band is equal."""
    size = len(photo_hash) // _BANDS
    return tuple(int(photo_hash[start : start + size], 16) for start in range(0, len(photo_hash), size))
