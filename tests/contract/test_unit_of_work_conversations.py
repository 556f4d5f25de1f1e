"""What the repositories of the talk promise, on every database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest
from sqlalchemy.exc import IntegrityError

from aftersales.domain.conversations import Author, Choice, Conversation, Message, Owner
from aftersales.domain.errors import NotFound
from aftersales.ports import Attachment, OneTimeCode, OpenUnitOfWork, Session
from aftersales.stores.unit_of_work import SqlUnitOfWorkFactory
from tests.databases import WAYS, open_database
from tests.fakes import NOON

TALK = Conversation(
    id="talk-1",
    channel="web",
    owner=Owner.BOT,
    epoch=1,
    matter=1,
    language="zh",
    language_fixed=False,
    customer_id=None,
    last_seq=0,
    answered_seq=0,
    asked_seq=0,
    created_at=NOON,
    updated_at=NOON,
)


def message(seq: int, *, author: Author = "customer", client_id: str | None = None) -> Message:
    return Message(
        conversation_id=TALK.id, seq=seq, author=author, text=f"第 {seq}", at=NOON, client_message_id=client_id
    )


def session(token_hash: str, *, hours: int) -> Session:
    return Session(
        token_hash=token_hash,
        conversation_id=TALK.id,
        created_at=NOON,
        expires_at=NOON + timedelta(hours=hours),
    )


@pytest.fixture(params=WAYS)
async def work(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenUnitOfWork]:
    """Units of work on a database that holds TALK."""
    async with open_database(request.param, tmp_path) as engine:
        work = SqlUnitOfWorkFactory(engine)
        async with work() as uow:
            await uow.conversations.add(TALK)
        yield work


async def test_a_conversation_comes_back_as_it_was_saved(work: OpenUnitOfWork) -> None:
    changed = replace(
        TALK,
        owner=Owner.HUMAN,
        epoch=2,
        matter=3,
        language="en",
        language_fixed=True,
        customer_id="c-lin",
        last_seq=9,
        answered_seq=4,
        asked_seq=7,
        updated_at=NOON + timedelta(microseconds=1),
    )
    async with work() as uow:
        assert await uow.conversations.lock(TALK.id) == TALK
        await uow.conversations.save(changed)
        assert await uow.conversations.get(TALK.id) == changed
    async with work() as uow:
        assert await uow.conversations.get(TALK.id) == changed


async def test_what_is_missing_is_not_found(work: OpenUnitOfWork) -> None:
    async with work() as uow:
        for read in (uow.conversations.get, uow.conversations.lock, uow.attachments.get):
            with pytest.raises(NotFound):
                await read("nothing")
        assert await uow.sessions.get("nothing") is None
        assert await uow.codes.get("nothing") is None
        assert await uow.messages.by_client_id(TALK.id, "nothing") is None


async def test_an_exception_undoes_everything(work: OpenUnitOfWork) -> None:
    async def fail_half_way() -> None:
        async with work() as uow:
            await uow.messages.add(message(1))
            await uow.conversations.save(replace(TALK, last_seq=1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_half_way()
    async with work() as uow:
        assert await uow.messages.after(TALK.id, 0) == []
        assert await uow.conversations.get(TALK.id) == TALK


async def test_a_locked_conversation_is_changed_by_one_at_a_time(work: OpenUnitOfWork) -> None:
    async def count_up() -> None:
        async with work() as uow:
            current = await uow.conversations.lock(TALK.id)
            await asyncio.sleep(0)
            await uow.conversations.save(replace(current, epoch=current.epoch + 1))

    await asyncio.gather(*(count_up() for _ in range(12)))
    async with work() as uow:
        assert (await uow.conversations.get(TALK.id)).epoch == 13


async def test_a_message_comes_back_whole_and_in_order(work: OpenUnitOfWork) -> None:
    full = Message(
        conversation_id=TALK.id,
        seq=2,
        author="bot",
        text="哪一件？😀\n",
        at=NOON + timedelta(microseconds=5),
        value="/v",
        choices=(Choice("夹克", "/a"), Choice("Coat", "/b")),
        cards=({"type": "order", "lines": [{"title": "夹克", "units": 2}], "note": None},),
        attachment_ids=("f1", "f2"),
        client_message_id="re:1:0",
        in_reply_to=1,
    )
    async with work() as uow:
        await uow.messages.add(full)
        await uow.messages.add(message(3))
        await uow.messages.add(message(1))
    async with work() as uow:
        assert await uow.messages.after(TALK.id, 0) == [message(1), full, message(3)]
        assert await uow.messages.after(TALK.id, 1, limit=1) == [full]
        assert await uow.messages.next_of_customer(TALK.id, 0) == message(1)
        assert await uow.messages.next_of_customer(TALK.id, 1) == message(3)
        assert await uow.messages.next_of_customer(TALK.id, 3) is None
        assert await uow.messages.offers(TALK.id, "/b") == "Coat"
        assert await uow.messages.offers(TALK.id, "/c") is None


async def test_choices_of_long_ago_are_no_longer_offered(work: OpenUnitOfWork) -> None:
    async with work() as uow:
        await uow.messages.add(replace(message(1, author="bot"), choices=(Choice("Old", "/old"),)))
        for seq in range(2, 52):
            await uow.messages.add(message(seq, author="bot"))
        assert await uow.messages.offers(TALK.id, "/old") is None


async def test_a_number_is_given_once(work: OpenUnitOfWork) -> None:
    async with work() as uow:
        await uow.messages.add(message(1))
    with pytest.raises(IntegrityError):
        async with work() as uow:
            await uow.messages.add(message(1))


async def test_a_client_id_is_taken_once_per_author(work: OpenUnitOfWork) -> None:
    async with work() as uow:
        for seq, author in enumerate(get_args(Author), start=1):
            await uow.messages.add(message(seq, author=author, client_id="same"))
        found = [await uow.messages.by_client_id(TALK.id, "same", author=author) for author in get_args(Author)]
        assert [item.seq for item in found if item] == [1, 2, 3, 4]
        await uow.messages.add(message(5))
        await uow.messages.add(message(6))
    with pytest.raises(IntegrityError):
        async with work() as uow:
            await uow.messages.add(message(7, client_id="same"))


async def test_unanswered_are_the_bots_with_an_old_enough_question(work: OpenUnitOfWork) -> None:
    cases = {
        "waiting": {"asked_seq": 1},
        "answered": {"asked_seq": 1, "answered_seq": 1},
        "for-a-person": {"asked_seq": 1, "owner": Owner.HUMAN},
        "silent": {},
    }
    async with work() as uow:
        for name, values in cases.items():
            await uow.conversations.add(replace(TALK, id=name, last_seq=1, **values))  # type: ignore[arg-type]
            await uow.messages.add(
                replace(message(1), conversation_id=name, author="customer" if values else "bot")
            )
        second = timedelta(seconds=1)
        assert await uow.conversations.unanswered(before=NOON - second, limit=9) == []
        assert await uow.conversations.unanswered(before=NOON, limit=9) == ["waiting"]


async def test_a_lease_is_held_by_one_until_it_ends(work: OpenUnitOfWork) -> None:
    until = NOON + timedelta(seconds=20)

    async def take(name: str) -> bool:
        async with work() as uow:
            return await uow.conversations.take_lease(TALK.id, by=name, now=NOON, until=until)

    taken = await asyncio.gather(*(take(f"process {i}") for i in range(6)))
    assert sorted(taken) == [False] * 5 + [True]
    holder = f"process {taken.index(True)}"
    async with work() as uow:
        conversations = uow.conversations
        assert await conversations.take_lease(TALK.id, by=holder, now=NOON, until=until)
        await conversations.release_lease(TALK.id, by="another")
        await conversations.save(replace(TALK, epoch=5))
        assert not await conversations.take_lease(TALK.id, by="another", now=NOON, until=until)
        assert await conversations.take_lease(TALK.id, by="another", now=until, until=until + timedelta(1))
        await conversations.release_lease(TALK.id, by="another")
        assert await conversations.take_lease(TALK.id, by="third", now=NOON, until=until)
        assert not await conversations.take_lease("nothing", by="x", now=NOON, until=until)


async def test_sessions_are_open_until_they_end(work: OpenUnitOfWork) -> None:
    hour = timedelta(hours=1)
    async with work() as uow:
        await uow.sessions.add(session("a" * 64, hours=2))
        assert await uow.sessions.get("a" * 64) == session("a" * 64, hours=2)
        assert await uow.sessions.is_open(TALK.id, now=NOON + hour)
        assert not await uow.sessions.is_open(TALK.id, now=NOON + 2 * hour)
        await uow.sessions.shorten(TALK.id, expires_at=NOON + 3 * hour)
        assert await uow.sessions.get("a" * 64) == session("a" * 64, hours=2)
        await uow.sessions.shorten(TALK.id, expires_at=NOON + hour)
        assert await uow.sessions.get("a" * 64) == session("a" * 64, hours=1)
        await uow.sessions.forget_expired(now=NOON)
        assert await uow.sessions.get("a" * 64) is not None
        await uow.sessions.remove("a" * 64)
        assert not await uow.sessions.is_open(TALK.id, now=NOON)


async def test_a_spent_site_token_is_forgotten_only_after_its_end(work: OpenUnitOfWork) -> None:
    end = NOON + timedelta(minutes=5)
    async with work() as uow:
        assert await uow.sessions.use_token_id("t", end)
        await uow.sessions.forget_expired(now=NOON)
        assert not await uow.sessions.use_token_id("t", end)
        await uow.sessions.forget_expired(now=end)
        assert await uow.sessions.use_token_id("t", end)


async def test_a_conversation_has_one_code(work: OpenUnitOfWork) -> None:
    code = OneTimeCode(
        conversation_id=TALK.id,
        code_hash=None,
        customer_id=None,
        tries_left=5,
        created_at=NOON,
        expires_at=NOON + timedelta(minutes=10),
    )
    better = replace(code, code_hash="ab$cd", customer_id="c-lin", tries_left=4)
    async with work() as uow:
        await uow.codes.replace(code)
        await uow.codes.replace(better)
        assert await uow.codes.get(TALK.id) == better
        await uow.codes.forget_expired(now=NOON, requests_before=NOON)
        assert await uow.codes.get(TALK.id) == better
        await uow.codes.forget_expired(now=better.expires_at, requests_before=NOON)
        assert await uow.codes.get(TALK.id) is None
        await uow.codes.remove(TALK.id)


async def test_what_a_message_came_to_is_kept_per_step(work: OpenUnitOfWork) -> None:
    async with work() as uow:
        await uow.codes.note_outcome(TALK.id, message_id="m1", step="start", outcome="sent", at=NOON)
    async with work(read_only=True) as uow:
        assert await uow.codes.outcome_of(TALK.id, message_id="m1", step="start") == "sent"
        assert await uow.codes.outcome_of(TALK.id, message_id="m1", step="confirm") is None
        assert await uow.codes.outcome_of(TALK.id, message_id="m2", step="start") is None
        assert await uow.codes.outcome_of("another", message_id="m1", step="start") is None
    async with work() as uow:
        await uow.codes.forget_expired(now=NOON, requests_before=NOON)
        assert await uow.codes.outcome_of(TALK.id, message_id="m1", step="start") is None


async def test_requests_are_counted_one_subject_at_a_time(work: OpenUnitOfWork) -> None:
    async def ask() -> bool:
        async with work() as uow:
            if await uow.codes.issued_since("subject", NOON - timedelta(hours=1)) >= 3:
                return False
            await asyncio.sleep(0)
            await uow.codes.note_issued("subject", NOON)
            return True

    assert sum(await asyncio.gather(*(ask() for _ in range(8)))) == 3
    async with work() as uow:
        assert await uow.codes.issued_since("subject", NOON) == 0
        assert await uow.codes.issued_since("another", NOON - timedelta(hours=1)) == 0


async def test_files_are_counted_per_conversation(work: OpenUnitOfWork) -> None:
    file = Attachment(
        id="f1",
        conversation_id=TALK.id,
        name="照片.jpg",
        media_type="image/jpeg",
        size=3,
        sha256="0" * 64,
        path="f1",
        at=NOON,
    )
    async with work() as uow:
        await uow.attachments.add(file)
        assert await uow.attachments.get("f1") == file
        assert await uow.attachments.count_of(TALK.id, since=NOON) == 1
        assert await uow.attachments.count_of("another", since=NOON) == 0


async def test_the_newest_words_of_customers_and_agents_are_found_for_many_talks_together(
    work: OpenUnitOfWork,
) -> None:
    async with work() as uow:
        await uow.conversations.add(replace(TALK, id="silent"))
        authors: list[Author] = ["customer", "agent", "customer", "agent", "bot"]
        for seq, author in enumerate(authors, 1):
            await uow.messages.add(message(seq, author=author))
        await uow.conversations.save(replace(TALK, last_seq=5, asked_seq=3))
    async with work(read_only=True) as uow:
        ids = [TALK.id, "silent", "unknown"]
        assert set(await uow.conversations.by_ids(ids)) == {TALK.id, "silent"}
        assert {key: said.seq for key, said in (await uow.messages.asked_last(ids)).items()} == {TALK.id: 3}
        assert await uow.messages.answered_last(ids) == {TALK.id: 4}


async def test_words_are_found_as_they_stand_newest_first_whatever_the_case(work: OpenUnitOfWork) -> None:
    async with work() as uow:
        for seq, text in enumerate(("A 100% Refund", "refund_me", "我要退款 refund", "nothing"), 1):
            await uow.messages.add(replace(message(seq), text=text, at=NOON + timedelta(seconds=seq)))
    async with work(read_only=True) as uow:
        found = {
            words: [one.seq for one in await uow.messages.search(words, limit=2)]
            for words in ("REFUND", "100%", "%", "refund_", "退款", "a\\b", "absent")
        }
    assert found == {
        "REFUND": [3, 2],
        "100%": [1],
        "%": [1],
        "refund_": [2],
        "退款": [3],
        "a\\b": [],
        "absent": [],
    }
