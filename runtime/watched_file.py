"""A file that somebody may be writing at this moment."""

from __future__ import annotations

from pathlib import Path

from runtime.policy_file import PolicyFileError, read_text


class WatchedFile:
    """Its text counts once two looks in a row have found the same: what an editor is still writing never does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: bytes | None = None
        self._taken: bytes | None = None
        self._is_gone = False

    def look(self) -> bytes | None:
        """A text that counts and was not taken yet; None where there is none.

        Raises PolicyFileError from the second time on that it cannot be read.
        """
        before, was_gone = self._seen, self._is_gone
        try:
            self._seen, self._is_gone = read_text(self.path), False
        except PolicyFileError:
            self._seen, self._is_gone = None, True
            if not was_gone:
                return None
            self._taken = None
            raise
        return self._seen if self._seen == before != self._taken else None

    def take(self, raw: bytes) -> None:
        """This text was used or refused: it is not told again."""
        self._taken = raw

    def holds(self, raw: bytes) -> bool:
        """Whether this is its text at this moment."""
        try:
            return self.path.read_bytes() == raw
        except OSError:
            return False
