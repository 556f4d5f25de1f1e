"""A short run of `make faults`; the long one is for the evening before a release."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.__main__ import run

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def test_while_processes_are_killed_and_the_provider_fails_every_refund_is_paid_once(tmp_path: Path) -> None:
    found = run(tmp_path, refunds=8, database="sqlite", seed=20261122)
    assert str(found).endswith("double=0 lost=0 over=0")
    assert found.refunds == 8
