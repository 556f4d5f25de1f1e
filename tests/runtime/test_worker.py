from __future__ import annotations

import asyncio
from pathlib import Path
from time import monotonic

from structlog.testing import capture_logs

from runtime.heartbeat import beat_file
from runtime.jobs import Job
from runtime.settings import Settings
from runtime.worker import run_jobs, tell_limits


async def test_a_job_that_fails_goes_on_and_is_logged_once(tmp_path: Path) -> None:
    stop, runs = asyncio.Event(), 0

    async def fail() -> None:
        nonlocal runs
        runs += 1
        if runs == 4:
            stop.set()
        raise ValueError("13800138000")

    with capture_logs() as logs:
        await run_jobs([Job("bad", 0.001, fail)], stop=stop, data=tmp_path)
    assert runs == 4
    [line] = logs
    assert line["job"] == "bad"
    assert line["failure"].startswith("ValueError at test_worker.py:")
    assert "13800138000" not in str(line)


async def test_a_job_that_hangs_holds_up_no_other_and_no_stop(tmp_path: Path) -> None:
    stop, runs = asyncio.Event(), 0

    async def hang() -> None:
        await asyncio.sleep(3600)

    async def count() -> None:
        nonlocal runs
        runs += 1
        if runs == 3:
            stop.set()

    started = monotonic()
    await run_jobs([Job("hang", 1, hang), Job("count", 0.001, count)], stop=stop, data=tmp_path, grace=0.05)
    assert runs == 3
    assert monotonic() - started < 2


async def test_what_is_under_way_may_end_before_the_worker_stops(tmp_path: Path) -> None:
    stop, done = asyncio.Event(), False

    async def work() -> None:
        nonlocal done
        stop.set()
        await asyncio.sleep(0.05)
        done = True

    await run_jobs([Job("work", 1, work)], stop=stop, data=tmp_path)
    assert done


async def test_the_worker_shows_that_it_lives(tmp_path: Path) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(run_jobs([], stop=stop, data=tmp_path / "new"))
    async with asyncio.timeout(5):
        while not beat_file(tmp_path / "new").exists():
            await asyncio.sleep(0.01)
    stop.set()
    await running


def test_a_start_with_a_mail_server_warns_of_nothing() -> None:
    with capture_logs() as logs:
        tell_limits(Settings(_env_file=None, demo=False, smtp_host="smtp.shop.example"))
    assert logs == []


def test_a_start_without_the_demo_warns_that_no_mail_is_sent() -> None:
    for demo, events in ((True, []), (False, [("warning", "no_mail_is_sent")])):
        with capture_logs() as logs:
            tell_limits(Settings(_env_file=None, demo=demo))
        assert [(line["log_level"], line["event"]) for line in logs] == events
