"""Whole talks in a simulated WeChat: the real front, the real worker's round, and a bot of ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

import pytest

from aftersales.domain.channels import Sender
from aftersales.domain.conversations import Answer, Choice, Reply
from aftersales.domain.errors import NotFound
from aftersales.domain.threads import Thread
from aftersales.ports import Channel
from aftersales.services.channel_inbox import SETTLE
from aftersales.services.channel_sending import Outlet
from aftersales.services.channel_talks import carry_channels
from aftersales.services.context import Context
from aftersales.stores.channel_tokens import SqlTokenStore
from connectors.wechat.accounts import AccountKind
from runtime.wechat import open_wechat
from tests.channels import picture_bytes
from tests.connectors.wechat.pushing import Form
from tests.connectors.wechat.simulator import SimulatedAccount, SimulatedCustomer, simulated_accounts
from tests.databases import DATABASES
from tests.fakes import FrozenClock
from tests.fronts import Front, open_front, serving

ASKED = Answer(
    replies=(
        Reply(text="要退哪一件？"),
        Reply(text="请选择：", choices=(Choice(value="shoes", title="鞋"), Choice(value="coat", title="大衣"))),
    ),
    language="zh",
    language_fixed=False,
)


@dataclass(frozen=True, slots=True)
class Talks:
    """Accounts at the simulated WeChat, a front, and the worker's part, a round at a time."""

    accounts: tuple[SimulatedAccount, ...]
    front: Front
    channels: dict[str, Channel]
    folder: Path
    clock: FrozenClock

    @property
    def ctx(self) -> Context:
        """With the clock that all share."""
        return replace(self.front.goods.ctx, clock=self.clock)

    @property
    def account(self) -> SimulatedAccount:
        return self.accounts[0]

    def customer(self, openid: str = "oUser") -> SimulatedCustomer:
        return self.account.customer(openid)

    async def carry(self) -> None:
        """Until nothing is due."""
        outlets = {
            name: Outlet(channel, lambda message, _language: message.text, self.folder)
            for name, channel in self.channels.items()
        }
        for _ in range(5):
            self.clock.advance(seconds=SETTLE.total_seconds())
            await carry_channels(self.ctx, outlets, self.front.bot)

    async def thread(self, openid: str = "oUser") -> Thread:
        account = self.account.state
        async with self.ctx.unit_of_work(read_only=True) as uow:
            return await uow.threads.of_sender(Sender(account.kind.value, account.app_id, openid))


@asynccontextmanager
async def open_talks(
    folder: Path, *kinds: AccountKind, database: str = "sqlite", form: Form = "xml", menus: bool = True
) -> AsyncIterator[Talks]:
    clock = FrozenClock()
    async with AsyncExitStack() as stack:
        accounts = await stack.enter_async_context(
            simulated_accounts(clock, *(kinds or (AccountKind.SERVICE,)), form=form)
        )
        settings = {name: value for account in accounts for name, value in account.settings.items()}
        settings |= {"wechat_menus": menus}
        front = await stack.enter_async_context(open_front(folder, kind=database, clock=clock, **settings))
        for account in accounts:
            account.connect(front.url)
        store = SqlTokenStore(front.goods.engine)
        channels = await stack.enter_async_context(open_wechat(front.settings, store=store, clock=clock))
        yield Talks(accounts, front, channels, folder, clock)


def texts(customer: SimulatedCustomer) -> list[str]:
    return [shown.text for shown in customer.received]


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.parametrize("form", ["xml", "json"])
async def test_a_customer_asks_chooses_and_is_answered(database: str, form: Form, tmp_path: Path) -> None:
    async with open_talks(tmp_path, database=database, form=form) as talks:
        customer = talks.customer()
        talks.front.bot.will_say(ASKED)
        assert await talks.account.confirm_address()
        await customer.says("我要退货😀")
        await talks.carry()
        (menu,) = customer.received
        assert (menu.kind, menu.text) == ("menu", "要退哪一件？\n\n请选择：")
        assert list(menu.options.values()) == ["鞋", "大衣"]
        await customer.chooses("大衣")
        await talks.carry()
        assert texts(customer)[1:] == ["choice: coat"]
        assert [turn.text for turn in talks.front.bot.turns] == ["我要退货😀", "coat"]
        assert customer.person.left == 2


async def test_without_menus_choices_are_numbered_and_a_number_answers(tmp_path: Path) -> None:
    async with open_talks(tmp_path, menus=False) as talks:
        customer = talks.customer()
        talks.front.bot.will_say(ASKED)
        await customer.says("我要退货")
        await talks.carry()
        (shown,) = customer.received
        assert shown.kind == "text"
        assert shown.labelled
        assert "1. 鞋\n2. 大衣" in shown.text
        await customer.says("2")
        await talks.carry()
        assert texts(customer)[-1] == "choice: coat"


async def test_what_is_told_twice_to_two_fronts_is_answered_once(tmp_path: Path) -> None:
    async with open_talks(tmp_path) as talks:
        context, bot = talks.ctx, talks.front.bot
        async with serving(talks.front.settings, context, bot) as (second, _app):
            talks.account.connect(talks.front.url, second)
            talks.account.delivery.twice = True
            customer = talks.customer()
            await customer.says("在吗")
            await talks.carry()
            assert texts(customer) == ["text: 在吗"]
            assert len(bot.turns) == 1


async def test_what_could_not_be_stored_is_not_acknowledged_and_taken_when_it_is_told_again(
    tmp_path: Path,
) -> None:
    async with open_talks(tmp_path) as talks:
        app, customer = talks.front.app, talks.customer()
        well = app.ctx.wechat_pushes

        def broken(*, read_only: bool = False) -> NoReturn:
            raise OSError("no space left on device")

        async def mended(_seconds: float) -> None:
            app.ctx.wechat_pushes = well

        app.ctx.wechat_pushes = replace(well, context=replace(well.context, unit_of_work=broken))
        talks.account.delivery.sleep = mended
        delivered = await customer.says("在吗")
        assert delivered is not None
        assert delivered.answered == (500, 200)
        await talks.carry()
        assert texts(customer) == ["text: 在吗"]


async def test_what_comes_out_of_order_is_heard_in_order(tmp_path: Path) -> None:
    async with open_talks(tmp_path) as talks:
        customer = talks.customer()
        talks.account.delivery.held = []
        for text in ("一", "二", "三"):
            await customer.says(text)
            talks.clock.advance(seconds=1)
        await talks.account.delivery.out_of_order()
        await talks.carry()
        assert [turn.text for turn in talks.front.bot.turns] == ["一", "二", "三"]


async def test_a_picture_is_fetched_kept_and_heard(tmp_path: Path) -> None:
    async with open_talks(tmp_path) as talks:
        customer = talks.customer()
        await customer.sends_picture(picture_bytes())
        await talks.carry()
        (turn,) = talks.front.bot.turns
        assert turn.kind == "attachment"
        assert customer.received
        thread = await talks.thread()
        async with talks.ctx.unit_of_work(read_only=True) as uow:
            [sent] = [
                attachment
                for message in await uow.messages.after(thread.conversation_id or "", 0)
                for attachment in message.attachment_ids
            ]
            assert (await uow.attachments.get(sent)).media_type == "image/png"


async def test_what_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    async with open_talks(tmp_path) as talks:
        customer = talks.customer()
        await customer.sends_sticker()
        await talks.carry()
        await customer.speaks()
        await talks.carry()
        assert len(customer.received) == 2
        assert talks.front.bot.turns == []
        await customer.speaks("我要退货")
        await talks.carry()
        assert [turn.text for turn in talks.front.bot.turns] == ["我要退货"]


async def test_an_entry_of_the_accounts_menu_counts_as_words(tmp_path: Path) -> None:
    async with open_talks(tmp_path) as talks:
        customer = talks.customer()
        await customer.clicks("查退款")
        await talks.carry()
        assert texts(customer) == ["text: 查退款"]
        assert customer.person.left == 2


async def test_who_follows_is_greeted_and_who_leaves_is_forgotten(tmp_path: Path) -> None:
    async with open_talks(tmp_path) as talks:
        customer = talks.customer()
        await customer.follows("123")
        await talks.carry()
        assert len(customer.received) == 1
        await customer.unfollows()
        await talks.carry()
        with pytest.raises(NotFound):
            await talks.thread()
        assert len(customer.received) == 1


async def test_no_more_is_sent_than_wechat_allows_and_the_rest_follows_the_next_words(tmp_path: Path) -> None:
    async with open_talks(tmp_path) as talks:
        customer = talks.customer()
        long = Answer(replies=(Reply(text="长" * 6000),), language="zh", language_fixed=False)
        talks.front.bot.will_say(long)
        await customer.says("在吗")
        await talks.carry()
        assert all(len(text.encode()) <= 2048 for text in texts(customer))
        assert len(customer.received) <= 5
        await customer.says("还有呢")
        await talks.carry()
        assert "".join(texts(customer)).count("长") == 6000
        assert texts(customer)[-1] == "text: 还有呢"


async def test_a_token_that_is_made_useless_and_a_busy_server_lose_and_double_nothing(tmp_path: Path) -> None:
    async with open_talks(tmp_path) as talks:
        customer = talks.customer()
        await customer.says("一")
        await talks.carry()
        talks.clock.advance(minutes=1)
        talks.account.state.invalidate_tokens()
        talks.account.fail("busy", "busy", path="/cgi-bin/message/custom/send")
        await customer.says("二")
        await talks.carry()
        assert texts(customer) == ["text: 一", "text: 二"]


async def test_service_account_and_mini_program_are_talks_of_their_own(tmp_path: Path) -> None:
    async with open_talks(tmp_path, AccountKind.SERVICE, AccountKind.MINI) as talks:
        service, mini = (account.customer("oUser") for account in talks.accounts)
        talks.front.bot.will_say(ASKED)
        await service.says("我要退货")
        await talks.carry()
        talks.front.bot.will_say(ASKED)
        await mini.says("我也要退货")
        await talks.carry()
        assert [shown.kind for shown in service.received] == ["menu"]
        assert [shown.kind for shown in mini.received] == ["text"]
        assert "1. 鞋" in mini.received[0].text


async def test_many_customers_write_at_once(tmp_path: Path) -> None:
    async with open_talks(tmp_path) as talks:
        customers = [talks.customer(f"oUser{number}") for number in range(8)]
        await asyncio.gather(*(customer.says(f"我是{customer.person.openid}") for customer in customers))
        await talks.carry()
        for customer in customers:
            assert texts(customer) == [f"text: 我是{customer.person.openid}"]
        assert talks.account.state.calls.count("/cgi-bin/stable_token") == 1
