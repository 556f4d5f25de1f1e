"""Fan-out, background answers and token buckets."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

import pytest

from aftersales.domain.errors import Unavailable
from runtime.answers import Answers
from runtime.buckets import Buckets, TooMany
from runtime.live import Live


class Versions:
    """Tells versions and counts how often it is asked."""

    def __init__(self, **versions: int) -> None:
        self.versions = versions
        self.asked: list[tuple[str, ...]] = []
        self.down = False

    async def latest(self, ids: Collection[str]) -> Mapping[str, int]:
        self.asked.append(tuple(sorted(ids)))
        if self.down:
            raise Unavailable("database")
        return {key: self.versions[key] for key in ids if key in self.versions}


async def test_one_question_serves_all_waiting_clients_and_none_is_asked_without_them() -> None:
    versions = Versions(a=1, b=5)
    live = Live(versions.latest, interval=0.02)
    poller = asyncio.create_task(live.run())
    await asyncio.sleep(0.1)
    assert versions.asked == []
    with live.watch("a") as one, live.watch("a") as two, live.watch("b") as three:
        one.seen = two.seen = 1
        three.seen = 5
        waits = [asyncio.create_task(watch.wait(5)) for watch in (one, two, three)]
        await asyncio.sleep(0.1)
        assert not any(wait.done() for wait in waits)
        versions.versions["a"] = 2
        assert await asyncio.gather(*waits[:2]) == [True, True]
        assert not waits[2].done()
        assert set(versions.asked) == {("a", "b")}
        waits[2].cancel()
    poller.cancel()


async def test_what_this_process_stores_wakes_without_a_poller() -> None:
    live = Live(Versions().latest)
    with live.watch("a") as watch:
        live.wake("a")
        live.wake("b")
        assert await watch.wait(1) is True
        assert await watch.wait(0.01) is False


async def test_the_poller_outlives_a_database_that_was_away() -> None:
    versions = Versions(a=1)
    versions.down = True
    live = Live(versions.latest, interval=0.01)
    poller = asyncio.create_task(live.run())
    with live.watch("a") as watch:
        await asyncio.sleep(0.05)
        versions.down = False
        assert await watch.wait(5) is True
    poller.cancel()


async def test_closing_wakes_everybody() -> None:
    live = Live(Versions().latest)
    with live.watch("a") as watch:
        live.close()
        assert await watch.wait(1) is True
        assert live.closing


async def test_a_conversation_is_answered_by_one_task_at_a_time_and_no_message_is_left() -> None:
    running = 0
    most = 0
    calls = 0

    async def answer(_conversation_id: str) -> None:
        nonlocal running, most, calls
        running += 1
        most = max(most, running)
        calls += 1
        await asyncio.sleep(0.02)
        running -= 1

    answers = Answers(answer)
    for _ in range(5):
        answers.start("a")
    await asyncio.sleep(0.01)
    answers.start("a")
    await answers.drain(seconds=2)
    assert (most, calls) == (1, 2)


async def test_a_failure_is_no_end_and_draining_does_not_wait_for_ever() -> None:
    seen: list[str] = []

    async def answer(conversation_id: str) -> None:
        seen.append(conversation_id)
        if conversation_id == "slow":
            await asyncio.sleep(60)
        if conversation_id == "odd":
            raise ZeroDivisionError
        raise Unavailable("bot")

    answers = Answers(answer)
    for name in ("a", "odd", "slow"):
        answers.start(name)
    await asyncio.wait_for(answers.drain(seconds=0.05), 2)
    answers.start("a")
    await answers.drain(seconds=1)
    assert seen == ["a", "odd", "slow", "a"]


def test_a_bucket_refills_evenly_and_tells_how_long_it_takes() -> None:
    now = 0.0
    buckets = Buckets(2, seconds=60, now=lambda: now)
    buckets.take("a")
    buckets.take("a")
    with pytest.raises(TooMany) as empty:
        buckets.take("a")
    assert empty.value.retry_after == 30
    buckets.take("b")
    now = 30.0
    buckets.take("a")
    with pytest.raises(TooMany):
        buckets.take("a")
