"""A simulated WeChat for dialogues: an account, its customers, and what these see.

    async with simulated_account(clock) as account, open_front(folder, clock=clock, **account.settings) as front:
        account.connect(front.url)
        customer = account.customer("oUser")
        await customer.says("我要退货")
        ...
        assert customer.received[-1].text == "..."

It keeps WeChat's rules on a clock of the tests, or on the real one: how many messages a customer may be sent and
how long, tokens and when they end, files for three days, pushes up to three times. It was made after WeChat's
pages and checked with two libraries that others have made for WeChat (test_simulator.py), and never compared with
WeChat itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from aftersales.ports import Clock
from connectors.wechat.accounts import AccountKind, WeChatAccount
from tests.connectors.wechat.pushing import AES_KEY, APP_ID, MINI_APP_ID, TOKEN, Form, cipher
from tests.connectors.wechat.sim_api import Api
from tests.connectors.wechat.sim_delivery import Delivered, Delivery
from tests.connectors.wechat.sim_state import AccountState, Fault, Person, Shown

SECRET = "appSecretOfTheTests"
_TWO_DAYS, _MINUTE = timedelta(hours=48), timedelta(minutes=1)
_NAME = "gh_7f083739789a"


@dataclass
class SimulatedAccount:
    """`state` is what WeChat keeps, `delivery` how it pushes; `url` is that of its API."""

    state: AccountState
    delivery: Delivery
    url: str
    menus: bool = True
    _customers: dict[str, SimulatedCustomer] = field(default_factory=dict)

    @property
    def account(self) -> WeChatAccount:
        return WeChatAccount(app_id=self.state.app_id, secret=self.state.secret, kind=self.state.kind)

    @property
    def settings(self) -> dict[str, Any]:
        """Those of the service that connect it to this account."""
        prefix = "wechat" if self.state.kind is AccountKind.SERVICE else "wechat_mini"
        own = {
            f"{prefix}_app_id": self.state.app_id,
            f"{prefix}_app_secret": SecretStr(self.state.secret),
            f"{prefix}_token": SecretStr(TOKEN),
            f"{prefix}_aes_key": SecretStr(AES_KEY),
        }
        menus = {"wechat_menus": self.menus} if self.state.kind is AccountKind.SERVICE else {}
        return {**own, **menus, "wechat_api_url": self.url}

    def connect(self, *fronts: str) -> None:
        """Where it pushes to: the addresses of one front or several, which take turns."""
        self.delivery.fronts = list(fronts)

    def customer(self, openid: str) -> SimulatedCustomer:
        """Somebody who follows the account."""
        if openid not in self._customers:
            person = self.state.people.setdefault(openid, Person(openid))
            self._customers[openid] = SimulatedCustomer(self, person)
        return self._customers[openid]

    async def confirm_address(self, *, token: str = TOKEN, echo: str = "4375120948345356249") -> bool:
        """As the console does when the address is entered: whether the very same characters came back."""
        time, nonce = str(int(self.state.clock.now().timestamp())), "1514711492"
        signature = cipher(self.state.app_id, token=token).sign(timestamp=time, nonce=nonce)
        query = {"signature": signature, "timestamp": time, "nonce": nonce, "echostr": echo}
        async with httpx.AsyncClient() as client:
            url = f"{self.delivery.fronts[0]}/connect/wechat/{self.state.app_id}"
            answer = await client.get(url, params=query)
        return answer.status_code == 200 and answer.content == echo.encode()

    async def deliver_events(self) -> None:
        """Pushes what has happened to notices since."""
        while self.state.events:
            await self.push(self.state.events.pop(0) | {"MsgType": "event"})

    def fail(self, *faults: Fault, path: str = "/") -> None:
        """What the next calls to paths that begin so meet, one after the other."""
        self.state.faults.extend((path, fault) for fault in faults)

    async def push(self, fields: dict[str, Any]) -> Delivered | None:
        common = {"ToUserName": _NAME, "CreateTime": int(self.state.clock.now().timestamp())}
        return await self.delivery.push({**common, **fields})


@dataclass
class SimulatedCustomer:
    """What a customer does in WeChat. `person.faults_shown` counts "cannot serve you at the moment"."""

    account: SimulatedAccount
    person: Person

    @property
    def received(self) -> list[Shown]:
        """What the account has sent, oldest first."""
        return self.person.received

    async def says(self, text: str) -> Delivered | None:
        return await self._sends({"MsgType": "text", "Content": text})

    async def sends_picture(self, png: bytes, *, media_type: str = "image/png") -> Delivered | None:
        media_id = self.account.state.keep(png, media_type, "wx_camera.png")
        return await self._sends({"MsgType": "image", "PicUrl": "http://mmbiz.example/1", "MediaId": media_id})

    async def speaks(self, heard: str = "") -> Delivered | None:
        """`heard` is what WeChat has understood."""
        return await self._sends({"MsgType": "voice", "MediaId": "V", "Format": "amr", "Recognition": heard})

    async def shares_place(self, label: str) -> Delivered | None:
        place = {"Location_X": "23.134521", "Location_Y": "113.358803", "Scale": 20, "Label": label}
        return await self._sends({"MsgType": "location", **place})

    async def sends_sticker(self) -> Delivered | None:
        return await self._sends({"MsgType": "text", "Content": "【收到不支持的消息类型，暂无法显示】"})

    async def chooses(self, label: str) -> Delivered | None:
        """Clicks on an item of the newest menu: a text with the item's id, which allows less than a typed one.

        Raises StopIteration where the menu has no such item.
        """
        menu = next(shown for shown in reversed(self.received) if shown.kind == "menu")
        option = next(id for id, title in menu.options.items() if title == label)
        return await self._sends(
            {"MsgType": "text", "Content": label, "bizmsgmenuid": option}, messages=3, lasts=_MINUTE
        )

    async def clicks(self, key: str) -> Delivered | None:
        """On an entry of the account's own menu."""
        return await self._does({"Event": "CLICK", "EventKey": key}, messages=3)

    async def follows(self, scene: str = "") -> Delivered | None:
        self.person.follows = True
        key = {"EventKey": f"qrscene_{scene}", "Ticket": "TICKET"} if scene else {}
        return await self._does({"Event": "subscribe", **key}, messages=3)

    async def scans(self, scene: str) -> Delivered | None:
        return await self._does({"Event": "SCAN", "EventKey": scene, "Ticket": "TICKET"}, messages=3)

    async def enters(self, scene: str = "") -> Delivered | None:
        """The customer chat of a mini-program."""
        return await self._does({"Event": "user_enter_tempsession", "SessionFrom": scene}, messages=2)

    async def unfollows(self) -> Delivered | None:
        self.person.follows, self.person.left = False, 0
        return await self._does({"Event": "unsubscribe"})

    async def answers_popup(self, template: str, *, accept: bool) -> Delivered | None:
        """Agrees to one notice by a template, or does not."""
        if accept:
            self.person.consents[template] = self.person.consents.get(template, 0) + 1
        status = "accept" if accept else "reject"
        part = {"TemplateId": template, "SubscribeStatusString": status, "PopupScene": "2"}
        listed: dict[str, Any] = {"List": part}
        below = listed if self.account.delivery.form == "json" else {"SubscribeMsgPopupEvent": listed}
        return await self._does({"Event": "subscribe_msg_popup_event", **below})

    def authorises(self, *, snapshot: bool = False) -> str:
        """Opens the page of authorisation; the code with which WeChat sends on to the shop's page."""
        state = self.account.state
        code = f"CODE-{next(state.numbers)}"
        state.codes[code] = (self.person.openid, state.clock.now(), snapshot)
        return code

    async def _sends(
        self, fields: dict[str, Any], *, messages: int = 5, lasts: timedelta = _TWO_DAYS
    ) -> Delivered | None:
        state = self.account.state
        self.person.grant(messages, lasts, at=state.clock.now())
        number = 24_086_087_575_000_000 + next(state.numbers)
        return await self._pushes({**fields, "MsgId": number})

    async def _does(self, fields: dict[str, Any], *, messages: int = 0) -> Delivered | None:
        if messages:
            self.person.grant(messages, _MINUTE, at=self.account.state.clock.now())
        return await self._pushes({"MsgType": "event", **fields})

    async def _pushes(self, fields: dict[str, Any]) -> Delivered | None:
        delivered = await self.account.push({"FromUserName": self.person.openid, **fields})
        if delivered is not None and not delivered.taken:
            self.person.faults_shown += 1
        return delivered


@asynccontextmanager
async def simulated_accounts(
    clock: Clock, *kinds: AccountKind, form: Form = "xml"
) -> AsyncIterator[tuple[SimulatedAccount, ...]]:
    """Several accounts of one WeChat."""
    api = Api()
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(api.running())
        made = []
        for kind in kinds:
            app_id = APP_ID if kind is AccountKind.SERVICE else MINI_APP_ID
            state = AccountState(app_id=app_id, secret=SECRET, kind=kind, clock=clock)
            api.accounts[app_id] = state
            delivery = Delivery(cipher=cipher(app_id), app_id=app_id, clock=clock, form=form)
            made.append(SimulatedAccount(state, delivery, url))
        yield tuple(made)


@asynccontextmanager
async def simulated_account(
    clock: Clock, *, kind: AccountKind = AccountKind.SERVICE, form: Form = "xml"
) -> AsyncIterator[SimulatedAccount]:
    async with simulated_accounts(clock, kind, form=form) as (account,):
        yield account
