"""Hashes of pictures: near ones are found by their bands."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aftersales.domain.photos import bands, distance, hash_of

hashes = st.integers(0, 2**64 - 1).map(lambda number: f"{number:016x}")


@given(hashes, st.sets(st.integers(0, 63), max_size=3))
def test_of_two_that_differ_in_three_bits_one_band_is_equal(one: str, flipped: set[int]) -> None:
    other = f"{int(one, 16) ^ sum(1 << bit for bit in flipped):016x}"
    assert distance(one, other) == distance(other, one) == len(flipped)
    assert any(a == b for a, b in zip(bands(one), bands(other), strict=True))


def test_brighter_columns_are_ones() -> None:
    row = [0, 10, 20, 30, 40, 30, 20, 10, 0]
    assert hash_of(row * 8, width=9) == "f0" * 8


def test_a_plain_area_and_an_even_slope_have_no_hash() -> None:
    assert hash_of([128] * 72, width=9) is None
    assert hash_of([127, 128, 129, 128, 127, 129, 128, 127, 129] * 8, width=9) is None  # noise
    assert hash_of([10 * column for column in range(9)] * 8, width=9) is None
