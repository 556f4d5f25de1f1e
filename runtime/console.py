"""What the supervisor and its processes say, line by line, each with the name of who says it."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from typing import TextIO

_COLOURS = {"bot": 35, "actions": 33, "worker": 34, "front": 36, "train": 35, "returndesk": 32}
_WIDTH = 10
_LINE_LIMIT = 16 * 1024


def last_state(line: bytes) -> str:
    """A line as text; of a progress bar, which overwrites itself, what stood there last."""
    return line.decode(errors="replace").rstrip().rsplit("\r", 1)[-1]


class Noise:
    """Tells libraries' warnings to programmers (two lines: place and kind, then the source line) from the rest."""

    _WARNING = re.compile(
        r"/site-packages/.*\b\w*(?:Deprecation|Future|User|Syntax|Runtime)Warning: "
        r"|^Implementing implicit namespace packages "  # the second line of such a warning
    )

    def __init__(self) -> None:
        self._source_follows = False

    def is_noise(self, text: str) -> bool:
        """Must be asked for every line of a process, in their order."""
        if self._WARNING.search(text):
            self._source_follows = True
            return True
        source, self._source_follows = self._source_follows and text.startswith("  "), False
        return source


class Console:
    """Colours only on a terminal, and not when NO_COLOR is set."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._coloured = self._out.isatty() and not os.environ.get("NO_COLOR")

    def say(self, name: str, line: str) -> None:
        """Writes one line; harmless when nobody listens any more."""
        prefix = f"{name:<{_WIDTH}} | "
        if self._coloured:
            prefix = f"\x1b[{_COLOURS.get(name, 37)}m{prefix}\x1b[0m"
        try:
            print(f"{prefix}{line}", file=self._out, flush=True)
        except (BrokenPipeError, ValueError):
            return

    async def relay(self, name: str, stream: asyncio.StreamReader) -> None:
        """Says every line of a process until it has closed its output; very long lines are cut into pieces."""
        rest, noise = b"", Noise()
        while chunk := await stream.read(_LINE_LIMIT):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._say_bytes(name, line, noise)
            if len(rest) > _LINE_LIMIT:
                self._say_bytes(name, rest, noise)
                rest = b""
        if rest:
            self._say_bytes(name, rest, noise)

    def _say_bytes(self, name: str, line: bytes, noise: Noise) -> None:
        text = last_state(line)
        if text and not noise.is_noise(text):
            self.say(name, text)
