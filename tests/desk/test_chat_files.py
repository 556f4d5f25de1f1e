"""Files in the live desk, and finding what was said."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from aftersales.domain.channels import Sender
from tests.desk.agents import Agent, agent, problem, wants_a_person, words
from tests.desk.test_desk import token_in
from tests.fronts import Front, open_front


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as front:
        yield front


def photo() -> bytes:
    """One that shows enough to be known again."""
    buffer = io.BytesIO()
    Image.linear_gradient("L").rotate(45).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


async def send(agent: Agent, chat: str, content: bytes, *, name: str = "a.jpg", **fields: str) -> httpx.Response:
    data = {"form_token": token_in(await agent.look()), "client_message_id": "f1", **fields}
    files: Any = {"file": (name, content)}
    return await agent.client.post(f"/desk/chats/{chat}/files?lang=en", data=data, files=files)


async def test_a_picture_goes_to_the_customer_once_and_both_can_open_it(front: Front) -> None:
    async with agent(front) as wei:
        visitor, chat = await wants_a_person(front)
        await wei.do(f"{chat}/claim")
        for _ in range(2):
            sent = await send(wei, chat, photo(), name="how to pack.jpg")
            assert sent.headers["location"] == f"/desk/chats/{chat}?lang=en"
        last = (await visitor.messages())["messages"][-1]
        assert (last["from"], last["agent_name"], len(last["attachments"])) == ("agent", "Wei <i>", 1)
        file = last["attachments"][0]["attachment_id"]
        assert (await visitor.get(f"attachments/{file}")).headers["content-type"] == "image/jpeg"
        shown = await wei.look(f"chats/{chat}/files/{file}")
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
        assert "sandbox" in shown.headers["content-security-policy"]
        _, other = await wants_a_person(front)
        assert "not_found" in (await wei.look(f"chats/{other}/files/{file}")).headers["location"]


async def test_the_same_picture_for_two_customers_is_no_sign_of_risk(front: Front) -> None:
    async with agent(front) as wei:
        _, chat = await wants_a_person(front)
        await wei.do(f"{chat}/claim")
        await send(wei, chat, photo())
        async with front.goods.ctx.unit_of_work() as uow:
            assert await uow.photos.of_conversation(chat) == []


async def test_what_is_no_picture_or_goes_to_a_chat_of_somebody_else_is_not_kept(
    front: Front,
) -> None:
    async with agent(front) as wei, agent(front, "li") as li:
        _, chat = await wants_a_person(front)
        await wei.do(f"{chat}/claim")
        for content, told in ((b"MZ program", "Only JPG"), (b"", "empty"), (b"x" * (10 * 2**20 + 1), "10 MB")):
            assert told in problem(await send(wei, chat, content))
        assert "Wei <i> was faster" in problem(await send(li, chat, photo()))
        assert (await send(wei, chat, photo(), form_token="guess")).status_code == 403
        async with front.goods.ctx.unit_of_work() as uow:
            assert await uow.attachments.count_of(chat, since=front.goods.clock.now()) == 0


async def test_only_pictures_go_to_a_messaging_app_and_the_agent_is_told_at_once(front: Front) -> None:
    now = front.goods.clock.now()
    async with agent(front) as wei:
        _, chat = await wants_a_person(front)
        await wei.do(f"{chat}/claim")
        assert "application/pdf" in (await wei.look(f"chats/{chat}")).text
        async with front.goods.ctx.unit_of_work() as uow:
            sender = Sender("telegram", "bot", "li")
            await uow.threads.open(sender, due_at=now)
            await uow.threads.note((await uow.threads.of_sender(sender)).id, conversation_id=chat)
        shown = (await wei.look(f"chats/{chat}")).text
        assert "this app takes JPG, PNG and WebP only" in shown
        assert "application/pdf" not in shown
        refused = await send(wei, chat, b"%PDF-1.7 a label", name="label.pdf")
        assert refused.status_code == 422
        assert problem(refused) == "This app takes pictures only (JPG, PNG or WebP). The file was not sent."
        async with front.goods.ctx.unit_of_work() as uow:
            assert await uow.attachments.count_of(chat, since=now) == 0
        assert (await send(wei, chat, photo())).status_code == 303


async def test_what_was_said_is_found_and_private_notes_are_not(front: Front) -> None:
    async with agent(front) as wei:
        _, chat = await wants_a_person(front, text="my PURPLE umbrella <b>")
        await wei.do(f"{chat}/claim")
        await wei.do(f"{chat}/note", note="purple prose", key="n1")
        found = await wei.client.get("/desk/chats/search", params={"lang": "en", "q": "purple"})
        assert f"/desk/chats/{chat}?lang=en#message-1" in found.text
        assert "my PURPLE umbrella &lt;b&gt;" in found.text
        assert "prose" not in found.text
        nothing = await wei.client.get("/desk/chats/search", params={"lang": "en", "q": "green%"})
        assert "Nothing was found." in words(nothing)
        short = await wei.client.get("/desk/chats/search", params={"lang": "en", "q": "p"})
        assert "2 characters or more" in words(short)
        wei.client.cookies.clear()
        assert (await wei.client.get("/desk/chats/search?q=purple")).status_code == 303
