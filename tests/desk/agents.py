"""Agents at the live desk, each in a browser of their own without scripts, and customers who want one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx

from aftersales.domain.accounts import Account, Role
from aftersales.domain.conversations import Answer
from aftersales.domain.handovers import HandoverReason, HandoverWish
from aftersales.services.accounts import add_account
from aftersales.services.handoff_seats import sit_down
from aftersales.services.moves import By
from tests.desk.test_desk import sign_in, soup, token_in
from tests.fronts import Front, Visitor

PASSWORD = "correct horse battery"
CLI = By("system", "cli")
ABOUT = {
    "understood": [["return_item", 0.91], ["request_refund", 0.06]],
    "filled": {"returns_reason": "wrong_size", "returns_quoted": "secret machinery"},
}


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody signed in at the desk, in a browser of their own without scripts."""

    front: Front
    account: Account
    client: httpx.AsyncClient

    async def look(self, path: str = "chats", lang: str = "en") -> httpx.Response:
        return await self.client.get(f"/desk/{path}", params={"lang": lang})

    async def do(self, path: str, *, as_script: bool = False, **fields: str) -> httpx.Response:
        data = {"form_token": token_in(await self.look()), **fields}
        headers = {"accept": "application/json"} if as_script else {}
        return await self.client.post(f"/desk/chats/{path}?lang=en", data=data, headers=headers)


@asynccontextmanager
async def agent(front: Front, name: str = "wei", role: Role = Role.AGENT, **more: Any) -> AsyncIterator[Agent]:
    """Signed in, and taking new chats where the role may. `more` is for add_account."""
    shown = f"{name.title()} <i>"
    account = await add_account(
        front.goods.ctx, name=name, role=role, password=PASSWORD, by=CLI, display_name=shown, **more
    )
    async with httpx.AsyncClient(base_url=front.url) as client:
        await sign_in(replace(front, client=client), name=name, key=PASSWORD)
        if role is not Role.FINANCE:
            await sit_down(front.goods.ctx, account, open=True)
        yield Agent(front, account, client)


async def wants_a_person(front: Front, *, text: str = "a person please", **wish: Any) -> tuple[Visitor, str]:
    """A customer whom the bot hands over; their session and the conversation's id."""
    visitor = await front.chat(language="en")
    wished = HandoverWish(**{"reason": HandoverReason.REQUESTED, "about": ABOUT, "topic": "returns", **wish})
    front.bot.will_say(Answer(replies=(), language="en", language_fixed=True, wish=wished))
    await visitor.say(text)
    await visitor.until(2)
    return visitor, front.bot.turns[-1].message_id.partition(":")[0]


def words(response: httpx.Response) -> str:
    return soup(response).get_text(" ", strip=True)


def problem(response: httpx.Response) -> str:
    found = soup(response).select_one(".line.problem[role=alert]")
    assert found is not None, words(response)
    return found.get_text(" ", strip=True)


def box(response: httpx.Response, name: str) -> str:
    field = soup(response).select_one(f"textarea[name={name}]")
    assert field is not None
    return field.get_text()
