"""The collaborators of this process, for callers that are made without arguments (Rasa's actions)."""

from __future__ import annotations

from dataclasses import dataclass

from aftersales.ports import Notifier
from aftersales.services.context import Context
from runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class Current:
    settings: Settings
    context: Context
    notifier: Notifier


_current: Current | None = None


def provide(current: Current | None) -> None:
    """Called once by the process that opened the collaborators, and with None when it closes them."""
    global _current
    _current = current


def current() -> Current:
    """Raises RuntimeError before the process has provided its collaborators."""
    if _current is None:
        raise RuntimeError("no collaborators were provided in this process")
    return _current
