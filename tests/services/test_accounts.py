"""Accounts: how they are made and changed, and what each role may do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aftersales.domain.accounts import Account, Right, Role
from aftersales.domain.cases import Severity
from aftersales.domain.errors import Conflict, Forbidden, Invalid, NotFound
from aftersales.services.accounts import (
    OWNER,
    add_account,
    all_accounts,
    change_account,
    disable_account,
    provide_owner,
    rename_account,
)
from aftersales.services.agent_deeds import NEEDED, do_as
from aftersales.services.context import Context
from aftersales.services.moves import By
from tests.databases import DATABASES
from tests.fakes import NOON
from tests.goods import Goods, open_goods, yuan

PASSWORD = "correct horse battery"
CLI = By("system", "cli")

CASES = {"assign_case", "write_about_case", "settle_claim", "close_case", "reclassify_case", "merge_cases"}
RETURNS = {"receive_return", "approve_return", "reject_return", "ship_replacement"}
REFUNDS = {"cancel_refund", "compensate", "refund_price_drops"}
MONEY = {"note_difference_paid", "close_return", "grant_again", "grant_adjustment_again", "grant_change_again"}
MAY = {
    Role.AGENT: CASES | RETURNS | REFUNDS,
    Role.SUPERVISOR: CASES | RETURNS | REFUNDS | MONEY,
    Role.FINANCE: REFUNDS | MONEY,
    Role.ADMIN: CASES | RETURNS | REFUNDS | MONEY,
}


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


async def add(goods: Goods, name: str = "wei", **changes: Any) -> Account:
    wanted: dict[str, Any] = {"role": Role.AGENT, "password": PASSWORD, "by": CLI}
    return await add_account(goods.ctx, name=name, **(wanted | changes))


def make_account(role: Role, **changes: Any) -> Account:
    return Account(
        id="a1",
        name="wei",
        display_name="Wei",
        language="zh",
        role=role,
        password_hash="",
        created_at=NOON,
        updated_at=NOON,
        **changes,
    )


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("deed", NEEDED, ids=lambda deed: deed.__name__)
async def test_each_role_may_do_what_its_table_says(role: Role, deed: Any, tmp_path: Path) -> None:
    async with open_goods("sqlite", tmp_path) as goods:
        about = {
            "assign_case": {"number": "CS0"},
            "cancel_refund": {"refund_id": "none"},
        }.get(deed.__name__, {"number": "none"})
        extra: dict[str, dict[str, Any]] = {
            "write_about_case": {"kind": "answer", "text": "x", "key": "k"},
            "settle_claim": {"decision": "refund", "text": "x", "key": "k"},
            "reject_return": {"reason": "x"},
            "reclassify_case": {"severity": Severity.HIGH, "department": "", "reason": "x"},
            "merge_cases": {"into": "nothing"},
            "compensate": {"amount": yuan("1.00"), "text": "x", "key": "k"},
            "refund_price_drops": {"agreed": yuan("1.00")},
        }
        doing = do_as(goods.ctx, make_account(role), deed, **about, **extra.get(deed.__name__, {}))
        with pytest.raises(NotFound if deed.__name__ in MAY[role] else Forbidden):
            await doing


async def test_what_is_not_listed_nobody_may_do(goods: Goods) -> None:
    async def unheard_of(_ctx: Context, **_about: Any) -> None:
        raise AssertionError("it was done")

    with pytest.raises(Forbidden):
        await do_as(goods.ctx, make_account(Role.ADMIN), unheard_of)


def test_a_disabled_account_may_nothing() -> None:
    account = make_account(Role.ADMIN, active=False)
    assert not any(account.may(right) for right in Right)


async def test_the_first_account_is_made_once_and_only_where_there_is_none(goods: Goods) -> None:
    await provide_owner(goods.ctx, password="")
    assert await all_accounts(goods.ctx) == []
    await asyncio.gather(*(provide_owner(goods.ctx, password=PASSWORD) for _ in range(4)))
    [owner] = await all_accounts(goods.ctx)
    assert (owner.name, owner.role, owner.active) == (OWNER, Role.ADMIN, True)
    await disable_account(goods.ctx, name=OWNER, by=CLI)
    await provide_owner(goods.ctx, password=PASSWORD)
    assert [account.active for account in await all_accounts(goods.ctx)] == [False]


async def test_accounts_keep_what_they_were_given(goods: Goods) -> None:
    made = await add(goods, role=Role.FINANCE, display_name=" 李雷 ", language="en", limits={"CNY": yuan("2000")})
    assert (made.display_name, made.language, made.limits) == ("李雷", "en", {"CNY": yuan("2000")})
    assert await all_accounts(goods.ctx) == [made]
    changed = await change_account(goods.ctx, name="wei", by=CLI, role=Role.AGENT)
    assert (changed.role, changed.limits) == (Role.AGENT, made.limits)
    changed = await change_account(goods.ctx, name="wei", by=CLI, limits={})
    assert await all_accounts(goods.ctx) == [changed]
    assert changed.limits == {}
    triggers = [entry.trigger for entry in await goods.journal("account", made.id)]
    assert triggers == ["add", "change", "change"]


@pytest.mark.parametrize("name", ["", "w", "Wei", "2wei", "we i", "魏", "a" * 33, "merchant", "system", "a;b"])
async def test_odd_and_reserved_names_are_refused(goods: Goods, name: str) -> None:
    with pytest.raises(Invalid) as wrong:
        await add(goods, name)
    assert wrong.value.field == "name"


async def test_a_name_is_given_once(goods: Goods) -> None:
    await add(goods)
    await disable_account(goods.ctx, name="wei", by=CLI)
    with pytest.raises(Conflict):
        await add(goods)


@pytest.mark.parametrize(
    ("password", "field"), [("x" * 11, "password_too_short"), ("x" * 201, "password_too_long")]
)
async def test_passwords_have_a_length(goods: Goods, password: str, field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        await add(goods, password=password)
    assert wrong.value.field == field


async def test_nobody_changes_an_account_that_is_not_there(goods: Goods) -> None:
    with pytest.raises(NotFound):
        await disable_account(goods.ctx, name="nobody", by=CLI)


async def test_a_display_name_is_cleaned_and_the_change_noted_once(goods: Goods) -> None:
    await provide_owner(goods.ctx, password=PASSWORD)
    by = By("agent:owner", "desk")
    for _ in range(2):
        renamed = await rename_account(goods.ctx, name="owner", display_name="  Mei\n Zhou ", by=by)
    assert (renamed.name, renamed.display_name) == ("owner", "Mei Zhou")
    entries = await goods.journal("account", renamed.id)
    assert [entry.trigger for entry in entries] == ["add", "rename"]
    assert (entries[-1].actor, entries[-1].detail["display_name"]) == ("agent:owner", "Mei Zhou")


@pytest.mark.parametrize("shown", ["", "   ", "x" * 41, "a\u202eb", "\u200b", "x" * 100_000])
async def test_a_display_name_that_cannot_be_read_is_refused(goods: Goods, shown: str) -> None:
    await provide_owner(goods.ctx, password=PASSWORD)
    with pytest.raises(Invalid, match="display_name"):
        await rename_account(goods.ctx, name="owner", display_name=shown, by=CLI)
