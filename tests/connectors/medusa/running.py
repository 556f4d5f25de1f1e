"""The Medusa server that `make test-medusa` has started: RETURNDESK_TEST_MEDUSA names a file that tells of it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.connectors.medusa.admin import Store

_FILE = os.environ.get("RETURNDESK_TEST_MEDUSA", "")
STORE = Store(**json.loads(Path(_FILE).read_text(encoding="utf8"))) if _FILE else None
# For suites that run on every shop: nothing where no server runs, so that nothing is skipped there.
MEDUSA = [pytest.param("medusa", marks=pytest.mark.medusa)] if STORE else []


def store() -> Store:
    """Raises AssertionError where no server runs."""
    assert STORE is not None, "RETURNDESK_TEST_MEDUSA names no running Medusa; use make test-medusa"
    return STORE
