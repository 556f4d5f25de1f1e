"""Customers' phones: the simulated WeChat and WeCom beside a running service, and what is seen in their chats.

The simulators live in a thread of their own, so that the stories can be told one step after the other.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from anyio.from_thread import BlockingPortal, start_blocking_portal
from pydantic import SecretStr

from runtime.clock import SystemClock
from tests.connectors.wechat.simulator import SimulatedAccount, SimulatedCustomer, simulated_account
from tests.connectors.wecom.customers import Customer
from tests.connectors.wecom.simulator import AES_KEY, CORP, SECRET, TOKEN, WeComSimulator, open_wecom

PATIENCE = 30.0
LONGEST = 2048  # bytes of a message
_SEND = ("/cgi-bin/message/custom/send", "kf/send_msg", "kf/send_msg_on_event")
_PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class Bubble:
    """A message on the phone. `labelled`: WeChat says below it that a machine wrote it, as menus never have it."""

    text: str
    options: tuple[str, ...] = ()
    is_menu: bool = False
    labelled: bool = False

    def __str__(self) -> str:
        label = "\n(内容由第三方AI生成)" if self.labelled else ""
        return self.text + "".join(f"\n  [{title}]" for title in self.options) + label


class App(Protocol):
    """What a phone needs of an app: what arrived, and how its owner answers."""

    def shown(self) -> Sequence[Bubble]: ...

    async def says(self, text: str) -> None: ...

    async def chooses(self, title: str) -> None: ...

    async def sends_picture(self, content: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class WeChatApp:
    customer: SimulatedCustomer

    def shown(self) -> Sequence[Bubble]:
        return [
            Bubble(shown.text, tuple(shown.options.values()), shown.kind == "menu", shown.labelled)
            for shown in self.customer.received
        ]

    async def says(self, text: str) -> None:
        await self.customer.says(text)

    async def chooses(self, title: str) -> None:
        await self.customer.chooses(title)

    async def sends_picture(self, content: bytes) -> None:
        await self.customer.sends_picture(content, media_type="image/jpeg")


@dataclass(frozen=True, slots=True)
class WeComApp:
    customer: Customer

    def shown(self) -> Sequence[Bubble]:
        return [Bubble(shown.text, shown.options, bool(shown.options)) for shown in self.customer.received]

    async def says(self, text: str) -> None:
        await self.customer.says(text)

    async def chooses(self, title: str) -> None:
        await self.customer.clicks(title)

    async def sends_picture(self, content: bytes) -> None:
        await self.customer.sends_picture(content)


@dataclass
class Phone:
    """One customer's chat. A deed waits for something new in which `hear` is found, and returns all that is new.

    Whatever is shown is checked: none too long, and none that the app would not have taken.
    """

    app: App
    portal: BlockingPortal
    refused: Callable[[], Sequence[tuple[str, int]]]
    read: int = 0
    talk: list[str] = field(default_factory=list)

    @property
    def bubbles(self) -> list[Bubble]:
        """All that has arrived, oldest first."""
        return list(self.app.shown())

    def does(self, deed: Callable[[], Any], told: str, *, hear: str = "") -> str:
        self.talk.append(f"> {told}")
        self.portal.call(deed)
        return self.hear(hear) if hear else ""

    def say(self, text: str, *, hear: str = "") -> str:
        return self.does(lambda: self.app.says(text), text, hear=hear)

    def choose(self, title: str, *, hear: str = "") -> str:
        """Clicks on the item of the newest menu with this in its title."""
        offered = [option for bubble in reversed(self.bubbles) for option in bubble.options]
        full = next((option for option in offered if title in option), None)
        assert full is not None, f"no item {title!r}:\n{self.transcript()}"
        return self.does(lambda: self.app.chooses(full), f"[{full}]", hear=hear)

    def send_photo(self, content: bytes, *, hear: str = "") -> str:
        return self.does(lambda: self.app.sends_picture(content), "(照片)", hear=hear)

    def hear(self, pattern: str, *, seconds: float = PATIENCE) -> str:
        """Waits for something new in which the pattern is; all that is new, with what there is to click."""
        new: list[str] = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            new += self._look()
            if re.search(pattern, "\n".join(new)):
                return "\n".join(new)
            time.sleep(_PAUSE)
        raise AssertionError(f"{pattern!r} never came:\n{self.transcript()}")

    def transcript(self) -> str:
        self._look()
        return "\n".join(self.talk)

    def _look(self) -> list[str]:
        arrived = self.bubbles[self.read :]
        self.read += len(arrived)
        assert all(0 < len(bubble.text.encode()) <= LONGEST for bubble in arrived)
        assert [call for call in self.refused() if call[0] in _SEND] == []
        self.talk += [f"< {bubble}" for bubble in arrived]
        return [str(bubble) for bubble in arrived]


@dataclass(frozen=True, slots=True)
class Apps:
    """Both simulators, on the real clock."""

    portal: BlockingPortal
    wechat: SimulatedAccount
    wecom: WeComSimulator

    @property
    def settings(self) -> dict[str, object]:
        """Those of a service that is connected to both."""
        wecom = {
            "wecom_corp_id": CORP,
            "wecom_secret": SECRET,
            "wecom_token": TOKEN,
            "wecom_aes_key": AES_KEY,
            "wecom_api_url": self.wecom.url,
        }
        given = self.wechat.settings | wecom
        return {
            name: value.get_secret_value() if isinstance(value, SecretStr) else value
            for name, value in given.items()
        }

    def connect(self, front: str) -> None:
        """Where both tell what happens."""
        self.wechat.connect(front)
        self.wecom.callback = f"{front}/connect/wecom/kf"

    def in_wechat(self, openid: str) -> Phone:
        app = WeChatApp(self.wechat.customer(openid))
        return Phone(app, self.portal, lambda: self.wechat.state.refused)

    def in_wecom(self, external_userid: str) -> Phone:
        app = WeComApp(self.wecom.customer(external_userid))
        return Phone(app, self.portal, lambda: self.wecom.refused)


@contextmanager
def open_apps() -> Iterator[Apps]:
    clock = SystemClock()
    with ExitStack() as stack:
        portal = stack.enter_context(start_blocking_portal())
        wechat = stack.enter_context(portal.wrap_async_context_manager(simulated_account(clock)))
        wecom = stack.enter_context(portal.wrap_async_context_manager(open_wecom(clock.now)))
        yield Apps(portal, wechat, wecom)


def noon_zone() -> str:
    """A time zone in which it is about noon now: whatever the hour, nobody has quiet hours."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}"
