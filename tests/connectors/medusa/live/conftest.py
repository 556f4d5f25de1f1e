"""These tests need the server that `make test-medusa` starts; without it they are not there at all."""

from __future__ import annotations

from tests.connectors.medusa.running import STORE

collect_ignore_glob = [] if STORE else ["test_*.py"]
