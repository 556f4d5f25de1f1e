"""The chat API over real HTTP, on a real database."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any, cast

import httpx
import pytest
from PIL import Image

from aftersales.domain.conversations import Answer, Choice, Owner, Reply
from aftersales.services.context import Context
from aftersales.services.conversations import set_owner
from aftersales.services.receiving import receive_text
from aftersales.services.sessions import resume_session
from connectors.web.limits import Limits
from connectors.web.problems import STATUS, ProblemTexts
from runtime.buckets import Buckets
from tests.databases import DATABASES
from tests.fronts import ORIGIN, Front, Visitor, open_front


@pytest.fixture(params=DATABASES)
async def front(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path, kind=request.param) as front:
        yield front


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(file, "PNG")
    return file.getvalue()


def code_of(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json", response.text
    body = response.json()
    assert body["status"] == response.status_code
    assert body["title"]
    assert body["detail"]
    return response.status_code, body["code"]


async def raw(visitor: Visitor, body: bytes) -> httpx.Response:
    return await visitor.post("messages", content=body, headers={"Content-Type": "application/json"})


async def test_a_session_begins_with_an_empty_body(front: Front) -> None:
    response = await front.client.post("/api/chat/sessions", headers={"Accept-Language": "en-GB"})
    assert response.status_code == 201
    body = response.json()
    assert (body["language"], body["verified"]) == ("en", False)
    assert body["session_token"] != body["conversation_id"]


async def test_a_message_is_acknowledged_and_answered(front: Front) -> None:
    visitor = await front.chat(language="en")
    response = await visitor.say("hello")
    assert (response.status_code, response.json()) == (202, {"seq": 1})
    asked, answered = await visitor.until(2)
    assert (asked["from"], asked["text"], asked["client_message_id"]) == ("customer", "hello", "m1")
    assert (answered["from"], answered["text"]) == ("bot", "text: hello")
    assert "client_message_id" not in answered
    assert answered["at"].endswith("Z")
    assert set(answered) == {"seq", "from", "text", "choices", "cards", "attachments", "at"}


async def test_the_same_client_message_id_is_one_message(front: Front) -> None:
    visitor = await front.chat()
    first = await visitor.say("你好")
    again = await visitor.say("你好")
    assert first.json() == again.json() == {"seq": 1}
    assert len(await visitor.until(2)) == 2


async def test_ten_posts_of_one_message_at_once_are_one_message(front: Front) -> None:
    visitor = await front.chat()
    responses = await asyncio.gather(*(visitor.say("once") for _ in range(10)))
    assert [response.json() for response in responses] == [{"seq": 1}] * 10
    await visitor.until(2)
    assert len(front.bot.answered) == 1


async def test_an_offered_choice_is_said_under_its_title_and_no_other(tmp_path: Path) -> None:
    async with open_front(tmp_path) as front:
        offer = Reply(
            text="Which?", choices=(Choice("The shoes", "line:1"),), cards=({"type": "note", "text": "x"},)
        )
        front.bot._script.append(Answer(replies=(offer,), language="en", language_fixed=True))
        visitor = await front.chat(language="en")
        await visitor.say("return")
        offered = (await visitor.until(2))[1]
        assert offered["choices"] == [{"title": "The shoes", "value": "line:1"}]
        assert offered["cards"] == [{"type": "note", "text": "x"}]
        for value in ("line:2", "", "\x00", "\ud800", "x" * 10_000):
            refused = await visitor.post("messages", json={"client_message_id": "c0", "choice": value})
            assert code_of(refused) == (422, "unknown_choice")
        taken = await visitor.post("messages", json={"client_message_id": "c1", "choice": "line:1"})
        assert taken.status_code == 202
        assert [m["text"] for m in await visitor.until(4)][2:] == ["The shoes", "choice: line:1"]


async def test_a_text_that_cannot_be_said_is_refused(front: Front) -> None:
    visitor = await front.chat()
    for text in ("", "   \n\t ", "\u0000", "\ud800"):
        assert code_of(await visitor.say(text)) == (422, "empty_message")
    assert code_of(await visitor.say("x" * 10_000)) == (422, "message_too_long")
    assert (await visitor.messages())["messages"] == []


async def test_odd_texts_are_kept_as_text(front: Front) -> None:
    visitor = await front.chat()
    texts = {
        "😀👩‍👩‍👧": "😀👩‍👩‍👧",
        "'; DROP TABLE messages; --": "'; DROP TABLE messages; --",
        "<script>alert(1)</script>": "<script>alert(1)</script>",
        "a\x00b\ud800c": "abc",
        "我要退货 RD20260101 ": "我要退货 RD20260101",
    }
    for n, text in enumerate(texts):
        assert (await visitor.say(text, id=f"m{n}")).status_code == 202
    said = [m["text"] for m in await visitor.until(2 * len(texts)) if m["from"] == "customer"]
    assert said == list(texts.values())


BROKEN_MESSAGES = [
    b"{",
    b"[]",
    b'"text"',
    b"null",
    b"\xff\xfe",
    b"NaN",
    b"[" * 60_000,
    b'{"client_message_id": "m1"}',
    b'{"client_message_id": "m1", "text": "a", "choice": "b"}',
    b'{"client_message_id": "m1", "text": null, "choice": null}',
    b'{"client_message_id": "m1", "text": 5}',
    b'{"client_message_id": "m1", "text": ["a"]}',
    b'{"client_message_id": 7, "text": "a"}',
    b'{"client_message_id": "", "text": "a"}',
    b'{"client_message_id": "a b", "text": "a"}',
    b'{"client_message_id": "m1\\n", "text": "a"}',
    b'{"client_message_id": "\\u0000", "text": "a"}',
    b'{"client_message_id": "\\ud800", "text": "a"}',
    b'{"client_message_id": "' + b"x" * 65 + b'", "text": "a"}',
    b'{"client_message_id": ' + b"9" * 5000 + b', "text": "a"}',
    b'{"text": "a"}',
    b"",
]


async def test_a_broken_message_is_a_bad_request(front: Front) -> None:
    visitor = await front.chat()
    for body in BROKEN_MESSAGES:
        assert code_of(await raw(visitor, body)) == (400, "bad_request"), body


async def test_a_body_above_64_kb_is_refused(front: Front) -> None:
    visitor = await front.chat()
    body = b'{"client_message_id": "m1", "text": "' + b"x" * 70_000 + b'"}'
    assert code_of(await raw(visitor, body)) == (413, "body_too_large")

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(8):
            yield b"x" * 16_384

    response = await visitor.post("messages", content=chunks())
    assert code_of(response) == (413, "body_too_large")


async def test_a_broken_session_wish_is_a_bad_request(front: Front) -> None:
    wishes: list[Any] = [
        {"language": "fr"},
        {"language": 1},
        {"language": ""},
        {"language": "zh\x00"},
        {"site_token": 5},
        {"site_token": {"a": 1}},
        [],
        "zh",
    ]
    for wish in wishes:
        assert code_of(await front.client.post("/api/chat/sessions", json=wish)) == (400, "bad_request"), wish


async def test_a_broken_cursor_is_a_bad_request(front: Front) -> None:
    visitor = await front.chat()
    for value in ("-1", "x", "1.5", "1e9", "inf", "99999999999999999999", "2147483648", "%00", "%D9%A3", "%ff"):
        for name in ("after", "wait"):
            response = await visitor.get(f"messages?{name}={value}")
            assert code_of(response) == (400, "bad_request"), (name, value)


async def test_the_highest_cursor_has_nothing_after_it(front: Front) -> None:
    visitor = await front.chat()
    await visitor.say("a")
    await visitor.until(2)
    assert (await visitor.messages(2**31 - 1))["messages"] == []


async def test_without_a_live_session_nothing_is_told(front: Front) -> None:
    given = [None, b"", b"Bearer", b"Basic abc", b"Bearer short", b"Bearer " + b"a" * 43, b"Bearer " + b"a" * 5000]
    given += [b"Bearer " + "é".encode("latin1") * 20, b"Bearer ' OR 1=1 -- or something"]
    attempts = [
        ("GET", "messages"),
        ("POST", "messages"),
        ("POST", "attachments"),
        ("GET", "attachments/abc"),
        ("GET", "returns"),
        ("GET", "returns/RT1"),
        ("DELETE", "sessions"),
    ]
    for method, path in attempts:
        for authorization in given:
            headers = {} if authorization is None else {b"Authorization": authorization}
            response = await front.client.request(method, f"/api/chat/{path}", headers=headers)
            assert code_of(response) == (401, "unauthorized"), (method, path, authorization)


async def test_after_signing_out_the_token_is_worthless(front: Front) -> None:
    visitor = await front.chat()
    await visitor.say("secret")
    response = await front.client.delete("/api/chat/sessions", headers=visitor.headers)
    assert (response.status_code, response.content) == (204, b"")
    assert code_of(await visitor.get("messages")) == (401, "unauthorized")


async def test_a_waiting_client_is_woken_by_a_message(front: Front) -> None:
    visitor = await front.chat()
    began = monotonic()
    waiting = asyncio.create_task(visitor.messages(0, wait=20))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await visitor.say("wake up")
    update = await waiting
    assert update["messages"][0]["text"] == "wake up"
    assert monotonic() - began < 5


async def test_a_message_stored_by_another_process_wakes_a_waiting_client(front: Front) -> None:
    visitor = await front.chat()
    own = await conversation_of(front, visitor)
    waiting = asyncio.create_task(visitor.messages(0, wait=20))
    await asyncio.sleep(0.3)
    began = monotonic()
    await receive_text(front.goods.ctx, conversation_id=own, client_message_id="x1", text="from elsewhere")
    assert (await waiting)["messages"][0]["text"] == "from elsewhere"
    assert monotonic() - began < 3


async def test_a_change_of_owner_wakes_a_waiting_client(front: Front) -> None:
    visitor = await front.chat()
    own = await conversation_of(front, visitor)
    assert (await visitor.messages())["owner"] == "bot"
    waiting = asyncio.create_task(visitor.messages(0, wait=20))
    await asyncio.sleep(0.2)
    began = monotonic()
    ctx = front.goods.ctx
    async with ctx.unit_of_work() as uow:
        current = await uow.conversations.lock(own)
        await set_owner(uow, current, Owner.WAITING, actor="agent:a1", trigger="queue", at=ctx.clock.now())
    assert (await waiting)["owner"] == "waiting"
    assert monotonic() - began < 8


async def test_a_change_between_two_polls_is_told_at_once(front: Front) -> None:
    visitor = await front.chat()
    own = await conversation_of(front, visitor)
    await visitor.messages()
    ctx = front.goods.ctx
    async with ctx.unit_of_work() as uow:
        current = await uow.conversations.lock(own)
        await set_owner(uow, current, Owner.HUMAN, actor="agent:a1", trigger="claim", at=ctx.clock.now())
    began = monotonic()
    assert (await visitor.messages(0, wait=20))["owner"] == "human"
    assert monotonic() - began < 3


async def test_a_wait_without_news_ends_with_the_state_as_it_is(front: Front) -> None:
    visitor = await front.chat()
    began = monotonic()
    assert await visitor.messages(0, wait=1) == {"messages": [], "typing": False, "owner": "bot"}
    assert 0.9 < monotonic() - began < 5


async def test_typing_is_told_while_the_bot_works(tmp_path: Path) -> None:
    async with open_front(tmp_path) as front:
        front.bot.seconds = 1.0
        visitor = await front.chat()
        await visitor.say("slow")
        assert (await visitor.messages())["typing"] is True
        await visitor.until(2)
        assert (await visitor.messages())["typing"] is False


async def test_two_clients_of_one_session_see_the_same(front: Front) -> None:
    one = await front.chat()
    two = Visitor(front, one.token)
    await asyncio.gather(
        *(one.say(f"a{n}", id=f"a{n}") for n in range(4)), *(two.say(f"b{n}", id=f"b{n}") for n in range(4))
    )
    seen_by_one, seen_by_two = await asyncio.gather(one.until(16), two.until(16))
    assert seen_by_one == seen_by_two
    assert [message["seq"] for message in seen_by_one] == list(range(1, 17))


async def test_a_page_has_at_most_two_hundred_messages(tmp_path: Path) -> None:
    async with open_front(tmp_path) as front:
        visitor = await front.chat()
        own = await conversation_of(front, visitor)
        for n in range(205):
            await receive_text(front.goods.ctx, conversation_id=own, client_message_id=f"n{n}", text=str(n))
        first = (await visitor.messages())["messages"]
        rest = (await visitor.messages(first[-1]["seq"]))["messages"]
        assert (len(first), len(rest)) == (200, 5)


async def test_a_bot_that_is_down_leaves_the_message_stored(tmp_path: Path) -> None:
    async with open_front(tmp_path) as front:
        front.bot.down = True
        visitor = await front.chat()
        assert (await visitor.say("anyone?")).status_code == 202
        assert [m["text"] for m in (await visitor.messages())["messages"]] == ["anyone?"]


async def test_a_file_is_stored_said_and_given_back(front: Front) -> None:
    visitor = await front.chat()
    sent = {"file": ('../../鞋子 \r\n"x".png', picture(), "text/html")}
    response = await visitor.post("attachments", files=sent, data={"client_message_id": "f1"})
    assert response.status_code == 201, response.text
    again = await visitor.post("attachments", files=sent, data={"client_message_id": "f1"})
    assert again.json() == response.json()
    attachment_id, seq = response.json()["attachment_id"], response.json()["seq"]
    said = (await visitor.until(1))[0]
    assert (said["seq"], said["client_message_id"]) == (seq, "f1")
    told = said["attachments"][0]
    assert (told["attachment_id"], told["media_type"]) == (attachment_id, "image/png")
    file = await visitor.get(f"attachments/{attachment_id}")
    assert file.status_code == 200
    assert len(file.content) == told["size"]
    assert file.headers["content-disposition"].startswith("attachment;")
    assert file.headers["x-content-type-options"] == "nosniff"
    assert file.headers["content-security-policy"].startswith("sandbox")


async def test_another_sessions_file_does_not_exist(front: Front) -> None:
    visitor, other = await front.chat(), await front.chat()
    response = await visitor.post("attachments", files={"file": ("a.png", picture())})
    attachment_id = response.json()["attachment_id"]
    assert code_of(await other.get(f"attachments/{attachment_id}")) == (404, "not_found")
    for name in ("nothing", "%00", "..%2f..%2fetc%2fpasswd", "x" * 500):
        assert code_of(await visitor.get(f"attachments/{name}")) == (404, "not_found")


async def test_a_file_that_cannot_be_taken_is_refused(front: Front) -> None:
    visitor = await front.chat()
    ten = 10 * 1024 * 1024
    refused = [
        (b"", (422, "file_empty")),
        (b"\xff\xd8\xff\xe0 not a picture at all", (422, "file_type")),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", (422, "file_type")),
        (b"MZ\x90\x00" + b"\x00" * 200, (422, "file_type")),
        (b"x" * (ten + 1), (413, "file_too_large")),
        (b"x" * (2 * ten), (413, "file_too_large")),
    ]
    for content, expected in refused:
        response = await visitor.post("attachments", files={"file": ("photo.jpg", content, "image/jpeg")})
        assert code_of(response) == expected, content[:20]
    assert (await visitor.messages())["messages"] == []


async def test_a_broken_upload_is_a_bad_request(front: Front) -> None:
    visitor = await front.chat()
    multipart = "multipart/form-data; boundary=b"
    without_name = b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--b--'
    broken = [
        ("", b""),
        ("application/json", b"{}"),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"x"),
        (multipart, b""),
        (multipart, b"--b\r\nno headers"),
        (multipart, b"--b\r\n\xff\xff: x\r\n\r\n1\r\n--b--\r\n"),
        (multipart, without_name),
    ]
    for content_type, body in broken:
        response = await visitor.post("attachments", content=body, headers={"Content-Type": content_type})
        assert code_of(response) == (400, "bad_request"), (content_type, body)
    odd_id = {"client_message_id": "not an id"}
    response = await visitor.post("attachments", files={"file": ("a.png", picture())}, data=odd_id)
    assert code_of(response) == (400, "bad_request")


async def test_returns_need_a_verified_session(front: Front) -> None:
    visitor = await front.chat()
    assert code_of(await visitor.get("returns")) == (403, "not_verified")
    assert code_of(await visitor.get("returns/RT1")) == (403, "not_verified")


async def test_too_many_messages_are_told_when_to_try_again(front: Front) -> None:
    set_limits(front, messages=Buckets(2, seconds=60))
    visitor = await front.chat()
    for n in range(2):
        assert (await visitor.say("a", id=f"m{n}")).status_code == 202
    response = await visitor.say("a", id="m3")
    assert code_of(response) == (429, "rate_limited")
    assert 0 < int(response.headers["retry-after"]) <= 30
    assert (await (await front.chat()).say("a")).status_code == 202


async def test_too_many_sessions_and_uploads_are_refused(front: Front) -> None:
    set_limits(front, sessions=Buckets(1, seconds=3600), uploads=Buckets(1, seconds=3600))
    visitor = await front.chat()
    assert code_of(await front.client.post("/api/chat/sessions")) == (429, "rate_limited")
    await visitor.post("attachments", files={"file": ("a.png", picture())})
    response = await visitor.post("attachments", files={"file": ("a.png", picture())})
    assert code_of(response) == (429, "rate_limited")


async def test_only_the_allowed_sites_may_read_the_answers(front: Front) -> None:
    allowed = await front.client.options(
        "/api/chat/messages", headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    )
    assert allowed.status_code == 204
    assert allowed.headers["access-control-allow-origin"] == ORIGIN
    assert "Authorization" in allowed.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in allowed.headers
    answered = await front.client.post("/api/chat/sessions", headers={"Origin": ORIGIN})
    assert answered.headers["access-control-allow-origin"] == ORIGIN
    refused = await front.client.get("/api/chat/messages", headers={"Origin": ORIGIN})
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == ORIGIN
    for origin in ("https://evil.example", "null", f"{ORIGIN}.evil.example", "http://shop.example"):
        for method in ("OPTIONS", "POST"):
            response = await front.client.request(method, "/api/chat/sessions", headers={"Origin": origin})
            assert "access-control-allow-origin" not in response.headers


async def test_every_answer_carries_the_security_headers(front: Front) -> None:
    for path in ("/api/chat/messages", "/nowhere", "/health", "/desk/sign-in", "/widget/nothing.js", "/api-docs/"):
        headers = (await front.client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["permissions-policy"]
    assert (await front.client.get("/api/chat/messages")).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_problems_speak_the_language_that_is_asked_for(front: Front, language: str) -> None:
    response = await front.client.get("/api/chat/messages", headers={"Accept-Language": f"{language}-XX,fr;q=0.5"})
    title, detail = ProblemTexts.load().of("unauthorized", "zh" if language == "zh" else "en")
    assert (response.json()["title"], response.json()["detail"]) == (title, detail)
    assert response.headers["content-language"] == language


async def test_without_accept_language_a_problem_speaks_the_sessions_language(front: Front) -> None:
    visitor = await front.chat(language="en")
    response = await visitor.get("returns", params={})
    assert response.headers["content-language"] == "en"


def test_every_code_has_words_in_both_languages() -> None:
    texts = ProblemTexts.load()
    for code in STATUS:
        assert texts.of(code, "zh") != texts.of(code, "en")


async def test_an_unknown_path_or_method_is_a_problem(front: Front) -> None:
    assert code_of(await front.client.get("/api/chat/nothing")) == (404, "not_found")
    assert code_of(await front.client.put("/api/chat/messages")) == (405, "method_not_allowed")
    assert code_of(await front.client.get("/%ff%00")) == (404, "not_found")


async def test_an_error_that_nobody_foresaw_tells_nothing(front: Front) -> None:
    visitor = await front.chat()
    front.app.ctx.chat = replace(front.app.ctx.chat, context=cast(Context, None))
    response = await visitor.get("messages")
    assert code_of(response) == (500, "internal")
    assert "NoneType" not in response.text


async def conversation_of(front: Front, visitor: Visitor) -> str:
    return (await resume_session(front.goods.ctx, token=visitor.token)).id


def set_limits(front: Front, **limits: Buckets) -> None:
    front.app.ctx.chat = replace(front.app.ctx.chat, limits=Limits(**limits))
