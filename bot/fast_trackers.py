"""Copies of trackers without what makes them slow in Rasa 3.6.21.

A policy looks back at a tracker by copying it, with all its slots, once per step; `copy.copy` takes the way of
pickling for each slot. A slot's attributes are all there is to it.
"""

from rasa.shared.core.slots import Slot


def copied(slot: Slot) -> Slot:
    """A shallow copy, as copy.copy makes it."""
    made: Slot = object.__new__(type(slot))
    made.__dict__.update(slot.__dict__)
    return made


def install() -> None:
    """Gives slots a way of their own to be copied. Harmless when done twice."""
    Slot.__copy__ = copied
