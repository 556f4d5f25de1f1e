"""Signing in at the desk: who gets in, for how long, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from sqlalchemy import select

from aftersales.domain.accounts import Account, Role
from aftersales.domain.errors import Forbidden, NotFound
from aftersales.services.accounts import (
    add_account,
    disable_account,
    enable_account,
    remove_second_factor,
    set_password,
    set_second_factor,
)
from aftersales.services.moves import By
from aftersales.services.sign_in import (
    SignedIn,
    forget_ended_sessions,
    resume,
    sign_in,
    sign_out,
    sign_out_everywhere,
)
from aftersales.stores.schema.accounts import agent_sessions
from tests.databases import DATABASES
from tests.goods import Goods, open_goods

KEY = b"key of the tests"
PASSWORD = "correct horse battery"
CLI = By("system", "cli")


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


async def add(goods: Goods, name: str = "wei", role: Role = Role.AGENT) -> Account:
    return await add_account(goods.ctx, name=name, role=role, password=PASSWORD, by=CLI)


async def enter(goods: Goods, name: str = "wei", password: str = PASSWORD, code: str = "") -> SignedIn:
    return await sign_in(goods.ctx, name=name, password=password, code=code, key=KEY)


async def app_of(goods: Goods, name: str = "wei") -> pyotp.TOTP:
    uri = await set_second_factor(goods.ctx, name=name, key=KEY, by=CLI)
    assert urlsplit(uri).scheme == "otpauth"
    return pyotp.TOTP(parse_qs(urlsplit(uri).query)["secret"][0])


async def test_whoever_signs_in_stays_signed_in_while_working(goods: Goods) -> None:
    account = await add(goods)
    signed_in = await enter(goods, " WEI ")
    for _ in range(9):
        goods.clock.advance(minutes=50)
        assert await resume(goods.ctx, token=signed_in.token) == account
    goods.clock.advance(minutes=31)  # eight hours and a minute
    with pytest.raises(NotFound):
        await resume(goods.ctx, token=signed_in.token)


async def test_who_does_nothing_for_an_hour_is_signed_out(goods: Goods) -> None:
    await add(goods)
    signed_in = await enter(goods)
    goods.clock.advance(hours=1)
    with pytest.raises(NotFound):
        await resume(goods.ctx, token=signed_in.token)


@pytest.mark.parametrize(("name", "password"), [("wei", "wrong"), ("nobody", PASSWORD), ("", ""), ("wei", "")])
async def test_an_unknown_name_and_a_wrong_password_are_refused_alike(
    goods: Goods, name: str, password: str
) -> None:
    await add(goods)
    with pytest.raises(Forbidden) as refused:
        await enter(goods, name, password)
    assert refused.value.detail == "sign_in"


async def test_every_try_stands_in_the_journal_without_what_was_typed(goods: Goods) -> None:
    account = await add(goods)
    for name, password in (("wei", "wrong"), ("my secret password", "x")):
        with pytest.raises(Forbidden):
            await enter(goods, name, password)
    signed_in = await enter(goods)
    await sign_out(goods.ctx, token=signed_in.token)
    entries = await goods.journal("account", account.id)
    assert [(entry.actor, entry.trigger) for entry in entries] == [
        ("system", "add"),
        ("agent:wei", "sign_in_failed"),
        ("agent:wei", "sign_in"),
        ("agent:wei", "sign_out"),
    ]
    [unknown] = await goods.journal("account", "unknown")
    assert (unknown.actor, unknown.trigger) == ("guest", "sign_in_failed")
    assert "secret" not in repr(unknown)


async def test_signing_out_ends_one_session_and_everywhere_ends_all(goods: Goods) -> None:
    account = await add(goods)
    first, second, third = [(await enter(goods)).token for _ in range(3)]
    await sign_out(goods.ctx, token=first)
    await sign_out(goods.ctx, token=first)
    with pytest.raises(NotFound):
        await resume(goods.ctx, token=first)
    assert await resume(goods.ctx, token=second) == account
    assert await sign_out_everywhere(goods.ctx, account) == 2
    for token in (second, third, "", "x" * 10_000, "猜"):
        with pytest.raises(NotFound):
            await resume(goods.ctx, token=token)


async def test_a_disabled_account_is_out_at_once_and_cannot_come_back(goods: Goods) -> None:
    await add(goods)
    signed_in = await enter(goods)
    await disable_account(goods.ctx, name="wei", by=CLI)
    with pytest.raises(NotFound):
        await resume(goods.ctx, token=signed_in.token)
    with pytest.raises(Forbidden):
        await enter(goods)
    await enable_account(goods.ctx, name="wei", by=CLI)
    assert (await enter(goods)).account.active


async def test_a_new_password_signs_out_whoever_had_the_old_one(goods: Goods) -> None:
    await add(goods)
    signed_in = await enter(goods)
    await set_password(goods.ctx, name="wei", password="another long password", by=CLI)
    with pytest.raises(NotFound):
        await resume(goods.ctx, token=signed_in.token)
    with pytest.raises(Forbidden):
        await enter(goods)
    assert await enter(goods, password="another long password")


async def test_a_second_factor_is_asked_for_and_each_code_works_once(goods: Goods) -> None:
    await add(goods)
    app = await app_of(goods)
    code = app.at(goods.clock.now())
    for wrong in (
        "",
        "000000" if code != "000000" else "111111",
        app.at(goods.clock.now() - timedelta(seconds=90)),
    ):
        with pytest.raises(Forbidden):
            await enter(goods, code=wrong)
    assert await enter(goods, code=f"{code[:3]} {code[3:]}")
    with pytest.raises(Forbidden):
        await enter(goods, code=code)
    with pytest.raises(Forbidden):  # an earlier one than that which was used
        await enter(goods, code=app.at(goods.clock.now() - timedelta(seconds=30)))
    goods.clock.advance(seconds=30)
    assert await enter(goods, code=app.at(goods.clock.now()))
    await remove_second_factor(goods.ctx, name="wei", by=CLI)
    assert await enter(goods)


async def test_of_many_who_use_a_code_at_once_one_gets_in(goods: Goods) -> None:
    await add(goods)
    code = (await app_of(goods)).at(goods.clock.now())
    outcomes = await asyncio.gather(*(enter(goods, code=code) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(outcome, SignedIn) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Forbidden) for outcome in outcomes) == 5


async def test_the_database_holds_neither_password_nor_token_nor_secret_of_codes(goods: Goods) -> None:
    await add(goods)
    app = await app_of(goods)
    signed_in = await enter(goods, code=app.at(goods.clock.now()))
    async with goods.ctx.unit_of_work(read_only=True) as uow:
        account = await uow.accounts.by_name("wei")
    assert account is not None
    assert account.password_hash.startswith("$argon2id$")
    assert app.secret not in repr(account)
    assert await _tokens(goods) & {signed_in.token} == set()
    with pytest.raises(ValueError, match="another key"):
        await sign_in(goods.ctx, name="wei", password=PASSWORD, code="1", key=b"another")


async def _tokens(goods: Goods) -> set[str]:
    async with goods.engine.connect() as connection:
        return set((await connection.execute(select(agent_sessions.c.token_hash))).scalars())


async def test_ended_sessions_are_forgotten(goods: Goods) -> None:
    await add(goods)
    await enter(goods)
    goods.clock.advance(minutes=30)
    kept = await enter(goods)
    goods.clock.advance(minutes=31)
    await forget_ended_sessions(goods.ctx)
    assert len(await _tokens(goods)) == 1
    assert await resume(goods.ctx, token=kept.token)
