from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from aftersales.domain.conversations import Conversation, Owner
from aftersales.domain.errors import Conflict, Invalid, NotFound, Unavailable
from aftersales.domain.ids import new_id
from aftersales.services.access import conversation_customer
from aftersales.services.sessions import open_session, resume_session
from aftersales.services.verification import (
    Verification,
    confirm_code,
    forget_expired_codes,
    normal_contact,
    start_verification,
)
from tests.databases import DATABASES
from tests.talks import World, open_world

NUMBER = "RD2026110100001"
MAIL = "lin@example.com"


@pytest.fixture(params=DATABASES)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(request.param, tmp_path) as opened:
        yield opened


async def start(
    world: World, talk: Conversation, *, number: str = NUMBER, contact: str = MAIL, message_id: str = ""
) -> None:
    """With a message of its own each time, unless one is named."""
    await start_verification(
        world.ctx, conversation_id=talk.id, number=number, contact=contact, message_id=message_id or new_id()
    )


async def confirm(world: World, talk: Conversation, code: str, *, message_id: str = "") -> Verification:
    return await confirm_code(world.ctx, conversation_id=talk.id, code=code, message_id=message_id or new_id())


async def mails(world: World) -> list[dict[str, Any]]:
    async with world.ctx.unit_of_work() as uow:
        items = await uow.outbox.claim(now=world.clock.now(), limit=50, lease_seconds=0)
    return [item.payload for item in items if item.kind == "mail"]


async def sent_code(world: World) -> str:
    code = (await mails(world))[-1]["parameters"]["code"]
    assert isinstance(code, str)
    return code


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        (" Lin@Example.COM ", "lin@example.com"),
        ("ｌｉｎ＠example.com", "lin@example.com"),
        ("138 0013 8000", "+8613800138000"),
        ("１３８００１３８０００", "+8613800138000"),
        ("+86-138-0013-8000", "+8613800138000"),
        ("0086 13800138000", "+8613800138000"),
        ("+1 (415) 555-0132", "+14155550132"),
        ("1 415 555 0132", "+14155550132"),
    ],
)
def test_a_contact_is_known_however_it_is_typed(typed: str, normal: str) -> None:
    assert normal_contact(typed) == normal


@pytest.mark.parametrize("typed", ["", "lin", "@", "a@b", "a b@example.com", "12", "+", "x" * 300])
def test_what_is_no_contact_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        normal_contact(typed)
    assert refused.value.field == "contact"


@pytest.mark.parametrize("contact", [MAIL, "LIN@example.com", "13800138000"])
async def test_the_right_code_makes_the_guest_the_customer_once(world: World, contact: str) -> None:
    token, talk = await open_session(world.ctx, channel="web", language="en", customer_id=None)
    await start(world, talk, number="#rd20261101-00001", contact=contact)
    code = await sent_code(world)
    assert await conversation_customer(world.ctx, conversation_id=talk.id) is None
    verdict = await confirm(world, talk, f" {code[:3]} {code[3:]} ")
    assert verdict is Verification.VERIFIED
    assert await conversation_customer(world.ctx, conversation_id=talk.id) == "c-lin"
    again = await confirm(world, talk, code)
    assert again is Verification.EXPIRED
    [entry] = await world.journal(talk, "verify")
    assert entry.actor == "customer:c-lin"
    world.clock.advance(hours=24)
    with pytest.raises(NotFound):
        await resume_session(world.ctx, token=token)


async def test_the_mail_goes_to_the_contact_on_record_in_the_language_of_the_talk(world: World) -> None:
    talk = await world.talk()
    await start(world, talk, contact="138 0013 8000")
    [mail] = await mails(world)
    code = mail["parameters"]["code"]
    assert len(code) == 6
    assert code.isdigit()
    assert mail == {
        "to": "+8613800138000",
        "response": "mail_code",
        "language": "zh",
        "parameters": {"code": code},
        "expires_at": "2026-11-21T12:10:00+00:00",
    }


@pytest.mark.parametrize(
    ("number", "contact"),
    [
        ("RD2026110199999", MAIL),
        (NUMBER, "emma@example.org"),
        (NUMBER, "13800138001"),
        ("RD2026110100002", MAIL),
        ("", MAIL),
    ],
)
async def test_a_wrong_number_or_contact_looks_the_same_from_outside(
    world: World, number: str, contact: str
) -> None:
    talk = await world.talk()
    await start(world, talk, number=number, contact=contact)
    assert await mails(world) == []
    verdicts = [await confirm(world, talk, f"{n:06d}") for n in range(6)]
    assert verdicts == [Verification.WRONG] * 4 + [Verification.COOLING_DOWN] * 2
    assert (await world.now(talk)).customer_id is None


@pytest.mark.parametrize("code", ["", "   ", "退货", "\ud800", "0" * 10_000])
async def test_no_input_matches_a_code_that_was_never_made(world: World, code: str) -> None:
    talk = await world.talk()
    await start(world, talk, number="RD2026110199999")
    assert await confirm(world, talk, code) is Verification.WRONG


async def test_five_wrong_tries_make_the_code_void_and_bring_a_cool_down(world: World) -> None:
    talk = await world.talk()
    await start(world, talk)
    code = await sent_code(world)
    tries = [await confirm(world, talk, wrong(code)) for _ in range(5)]
    assert tries == [Verification.WRONG] * 4 + [Verification.COOLING_DOWN]
    assert await confirm(world, talk, code) is Verification.COOLING_DOWN
    with pytest.raises(Conflict) as refused:
        await start(world, talk)
    assert refused.value.detail == "cool_down"
    world.clock.advance(minutes=10)
    assert await confirm(world, talk, code) is Verification.EXPIRED
    await start(world, talk)
    verdict = await confirm(world, talk, await sent_code(world))
    assert verdict is Verification.VERIFIED


async def test_twenty_parallel_guesses_get_five_comparisons(world: World) -> None:
    talk = await world.talk()
    await start(world, talk)
    code = await sent_code(world)
    guesses = (confirm(world, talk, wrong(code)) for _ in range(20))
    verdicts = await asyncio.gather(*guesses)
    assert verdicts.count(Verification.WRONG) == 4
    assert verdicts.count(Verification.COOLING_DOWN) == 16
    assert await confirm(world, talk, code) is Verification.COOLING_DOWN


async def test_a_code_that_is_typed_twice_at_once_is_used_once(world: World) -> None:
    talk = await world.talk()
    await start(world, talk)
    code = await sent_code(world)
    confirmations = (confirm(world, talk, code) for _ in range(4))
    verdicts = await asyncio.gather(*confirmations)
    assert sorted(verdicts) == [Verification.EXPIRED] * 3 + [Verification.VERIFIED]


async def test_a_code_ends_after_ten_minutes(world: World) -> None:
    talk = await world.talk()
    await start(world, talk)
    world.clock.advance(minutes=10)
    verdict = await confirm(world, talk, await sent_code(world))
    assert verdict is Verification.EXPIRED


async def test_a_new_code_replaces_the_one_before(world: World) -> None:
    talk = await world.talk()
    await start(world, talk)
    first = await sent_code(world)
    await start(world, talk)
    second = await sent_code(world)
    if first != second:
        assert await confirm(world, talk, first) is Verification.WRONG
    assert await confirm(world, talk, second) is Verification.VERIFIED


async def test_a_code_is_good_in_its_own_conversation_only(world: World) -> None:
    talk, other = await world.talk(), await world.talk()
    await start(world, talk)
    code = await sent_code(world)
    assert await confirm(world, other, code) is Verification.EXPIRED


async def test_a_closed_conversation_confirms_nothing(world: World) -> None:
    talk = await world.talk()
    await start(world, talk)
    await world.move(talk, Owner.CLOSED)
    verdict = await confirm(world, talk, await sent_code(world))
    assert verdict is Verification.EXPIRED


@pytest.mark.parametrize("number", [NUMBER, "RD2026110199999"])
async def test_a_conversation_may_start_three_times_in_ten_minutes(world: World, number: str) -> None:
    talk = await world.talk()
    for _ in range(3):
        await start(world, talk, number=number)
    with pytest.raises(Conflict):
        await start(world, talk, number=number)
    world.clock.advance(minutes=10)
    await start(world, talk, number=number)


@pytest.mark.parametrize("number", [NUMBER, "RD2026110199999"])
async def test_a_contact_gets_five_codes_an_hour_from_all_conversations(world: World, number: str) -> None:
    talks = [await world.talk() for _ in range(8)]
    outcomes = await asyncio.gather(*(start(world, talk, number=number) for talk in talks), return_exceptions=True)
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 3
    assert len(await mails(world)) == (5 if number == NUMBER else 0)
    await start(world, talks[0], contact="13800138000")
    world.clock.advance(hours=1)
    await forget_expired_codes(world.ctx)
    await start(world, talks[1], number=number)


async def test_neither_code_nor_contact_is_readable_outside_the_outbox(world: World) -> None:
    talk = await world.talk()
    await start(world, talk)
    code = await sent_code(world)
    async with world.engine.connect() as connection:
        rows = [
            str((await connection.execute(text(f"SELECT * FROM {table}"))).all())
            for table in ("one_time_codes", "code_requests", "code_outcomes", "journal", "messages")
        ]
    pending = rows[0].split("$")[0]
    assert f"'{code}'" not in "".join(rows)
    assert MAIL not in "".join(rows)
    assert len(pending) > 32


async def test_a_shop_that_is_away_cannot_prove_anybody(world: World) -> None:
    talk = await world.talk()
    world.shop.down = True
    with pytest.raises(Unavailable):
        await start(world, talk)
    with pytest.raises(NotFound):
        await start_verification(world.ctx, conversation_id="nobody", number=NUMBER, contact=MAIL, message_id="m1")


async def test_a_message_that_is_dealt_with_again_sends_and_counts_nothing(world: World) -> None:
    talk = await world.talk()
    for _ in range(5):
        await start(world, talk, message_id="m1")
    assert len(await mails(world)) == 1
    code = await sent_code(world)
    tries = [await confirm(world, talk, wrong(code), message_id="m2") for _ in range(6)]
    assert tries == [Verification.WRONG] * 6
    proofs = [await confirm(world, talk, code, message_id="m3") for _ in range(2)]
    assert proofs == [Verification.VERIFIED] * 2
    assert len(await world.journal(talk, "verify")) == 1


async def test_one_message_dealt_with_by_two_at_once_sends_one_code(world: World) -> None:
    talk = await world.talk()
    await asyncio.gather(*(start(world, talk, message_id="m1") for _ in range(4)))
    assert len(await mails(world)) == 1


async def test_a_message_may_both_try_a_code_and_start_anew(world: World) -> None:
    talk = await world.talk()
    assert await confirm(world, talk, "000000", message_id="m1") is Verification.EXPIRED
    await start(world, talk, message_id="m1")
    assert len(await mails(world)) == 1


async def test_a_refused_start_is_refused_again_for_the_same_message(world: World) -> None:
    talk = await world.talk()
    for n in range(3):
        await start(world, talk, message_id=f"m{n}")
    for _ in range(2):
        with pytest.raises(Conflict):
            await start(world, talk, message_id="m3")
        world.clock.advance(minutes=10)
    await start(world, talk, message_id="m4")


async def test_a_start_that_the_shop_interrupted_is_not_counted(world: World) -> None:
    talk = await world.talk()
    world.shop.down = True
    for n in range(6):
        with pytest.raises(Unavailable):
            await start(world, talk, message_id=f"m{n}")
    world.shop.down = False
    await start(world, talk, message_id="m0")
    assert len(await mails(world)) == 1


async def test_a_stranger_with_wrong_numbers_locks_no_customer_out(world: World) -> None:
    for _ in range(8):
        with contextlib.suppress(Conflict):
            await start(world, await world.talk(), number="RD2026110199999")
    await start(world, await world.talk())
    assert len(await mails(world)) == 1


@pytest.mark.parametrize("number", ["\ud800", "退" * 1000, "\x00"])
async def test_an_odd_number_does_no_harm(world: World, number: str) -> None:
    await start(world, await world.talk(), number=number)
    assert await mails(world) == []


async def test_what_messages_came_to_is_forgotten_after_an_hour(world: World) -> None:
    talk = await world.talk()
    await start(world, talk, message_id="m1")
    world.clock.advance(hours=1)
    await forget_expired_codes(world.ctx)
    async with world.ctx.unit_of_work() as uow:
        assert await uow.codes.outcome_of(talk.id, message_id="m1", step="start") is None
