"""How near a text lies to the examples of our trade and to those of others, by the encoder's vectors."""

from dataclasses import dataclass
from typing import Any

import numpy as np

KEPT = (
    128  # directions of the encoder's space that are compared: a third of the time, and nearly all of the variance
)
NEAREST = 3
NEARNESS = 3  # numbers that `near` gives
CHUNK = 256


@dataclass
class Neighbours:
    """`turn` (encoder, KEPT) goes to the compared directions; the first `ours` of `vectors` are of our trade.

    Without English examples there is nothing to compare: every text is as near to the one as to the other.
    """

    turn: Any
    vectors: Any
    ours: int

    def near(self, vectors: Any) -> Any:
        """(texts, NEARNESS): likeness to the three nearest of ours and of others, and how much nearer ours are."""
        found = np.zeros((len(vectors), NEARNESS), dtype=np.float32)
        if min(self.ours, len(self.vectors) - self.ours) < NEAREST:
            return found
        for start in range(0, len(vectors), CHUNK):
            likeness = (vectors[start : start + CHUNK] @ self.turn) @ self.vectors.T
            ours, others = _nearest(likeness[:, : self.ours]), _nearest(likeness[:, self.ours :])
            lead = ours.max(axis=1) - others.max(axis=1)
            found[start : start + CHUNK] = np.stack([ours.mean(axis=1), others.mean(axis=1), lead], axis=1)
        return found


def _nearest(likeness: Any) -> Any:
    return np.partition(likeness, -NEAREST, axis=1)[:, -NEAREST:]


def make_neighbours(vectors: Any, other: Any) -> Neighbours:
    """From the encoder's vectors of the examples (zeros without English words); `other`: those of other trades."""
    english = vectors.any(axis=1)
    ours, others = vectors[english & ~other], vectors[english & other]
    every = np.concatenate([ours, others])
    turn = np.linalg.eigh(every.T @ every)[1][:, ::-1][:, :KEPT].astype(np.float32)
    return Neighbours(turn, np.ascontiguousarray(every @ turn), len(ours))
