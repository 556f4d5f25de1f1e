"""What all tests share."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest

# Found examples are the same on every machine; the nightly run looks for new ones.
hypothesis.settings.register_profile("usual", max_examples=500, deadline=None, derandomize=True)
hypothesis.settings.register_profile("nightly", max_examples=10_000, deadline=None, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("RETURNDESK_TEST_PROFILE", "usual"))

REQUIRE_ALL = os.environ.get("RETURNDESK_TEST_REQUIRE_ALL", "") not in ("", "0")

AnyReport = pytest.TestReport | pytest.CollectReport


@pytest.fixture(autouse=True)
def _settings_of_the_machine_are_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests set their own RETURNDESK_ variables, whatever the person who runs them has exported."""
    for name in list(os.environ):
        if name.startswith("RETURNDESK_") and not name.startswith("RETURNDESK_TEST_"):
            monkeypatch.delenv(name)


@pytest.hookimpl(trylast=True)  # after the marks that folders give to their tests
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files whose tests may take longest come first: of several processes none then ends long after the others."""
    longest: dict[Path, float] = {}
    for item in items:
        mark = item.get_closest_marker("timeout")
        longest[item.path] = max(longest.get(item.path, 0.0), mark.args[0] if mark else 0.0)
    items.sort(key=lambda item: -longest[item.path])


def pytest_collection_finish() -> None:
    """The collector of garbage need not look at modules and tests, which stay to the end, again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if not hasattr(report, "wasxfail"):
        _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_if_skipped(report)
    return report


def _fail_if_skipped(report: AnyReport) -> None:
    """With RETURNDESK_TEST_REQUIRE_ALL a skipped test has failed: nothing is left out unseen."""
    if REQUIRE_ALL and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped: {report.longrepr}"
