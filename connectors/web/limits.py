"""The limits of the chat API: new sessions per address, everything else per session."""

from __future__ import annotations

from dataclasses import dataclass, field

from runtime.buckets import Buckets


@dataclass(frozen=True)
class Limits:
    sessions: Buckets = field(default_factory=lambda: Buckets(60, seconds=3600))
    messages: Buckets = field(default_factory=lambda: Buckets(30, seconds=60))
    uploads: Buckets = field(default_factory=lambda: Buckets(20, seconds=3600))
    frames: Buckets = field(default_factory=lambda: Buckets(120, seconds=60))
    reads: Buckets = field(default_factory=lambda: Buckets(600, seconds=60))
