"""WeChat's pushes at a real front: what is acknowledged, what is stored, and what is refused in one way."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from aftersales.domain.channels import PushKind
from aftersales.stores.schema.channels import pushes
from runtime.buckets import Buckets
from tests.connectors.wechat.pushing import (
    AES_KEY,
    APP_ID,
    MINI_APP_ID,
    OLD_AES_KEY,
    TOKEN,
    Form,
    cipher,
    sealed,
    written,
)
from tests.databases import DATABASES
from tests.fronts import Front, open_front

SETTINGS: dict[str, Any] = {
    "wechat_app_id": APP_ID,
    "wechat_app_secret": SecretStr("s"),
    "wechat_token": SecretStr(TOKEN),
    "wechat_aes_key": SecretStr(AES_KEY),
    "wechat_previous_aes_key": SecretStr(OLD_AES_KEY),
    "wechat_mini_app_id": MINI_APP_ID,
    "wechat_mini_app_secret": SecretStr("s"),
    "wechat_mini_token": SecretStr("miniToken"),
    "wechat_mini_aes_key": SecretStr(AES_KEY),
}
TEXT = {
    "ToUserName": "gh_x",
    "FromUserName": "oUser",
    "CreateTime": 1795262400,
    "MsgType": "text",
    "Content": "我要退货😀",
    "MsgId": "24086087575195331",
}


@pytest.fixture(params=DATABASES)
async def front(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path, kind=request.param, **SETTINGS) as running:
        yield running


@pytest.fixture
async def one_front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path, **SETTINGS) as running:
        yield running


def patient(front: Front) -> Front:
    """One that does not slow down guessing."""
    unlimited = Buckets(1000, seconds=60)
    front.app.ctx.wechat_pushes = replace(front.app.ctx.wechat_pushes, wrong_signatures=unlimited)
    return front


async def push(front: Front, query: dict[str, str], body: bytes, *, account: str = APP_ID) -> httpx.Response:
    return await front.client.post(f"/connect/wechat/{account}", params=query, content=body)


async def push_message(front: Front, message: bytes, **options: Any) -> httpx.Response:
    query, body = sealed(message, at=front.goods.clock.now(), **options)
    return await push(front, query, body)


async def stored(front: Front) -> list[tuple[str, str, str, Any]]:
    """(account, sender, kind, body) of each push, in the order in which they came."""
    columns = (pushes.c.account, pushes.c.sender, pushes.c.kind, pushes.c.body)
    async with front.goods.engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(select(*columns).order_by(pushes.c.id))]


def echo_query(front: Front, **changed: str) -> dict[str, str]:
    time = str(int(front.goods.clock.now().timestamp()))
    signature = cipher().sign(timestamp=time, nonce="1514711492")
    query = {"signature": signature, "timestamp": time, "nonce": "1514711492", "echostr": "4375120948345356249"}
    return {**query, **changed}


async def test_the_address_is_confirmed_by_the_very_characters_that_came(one_front: Front) -> None:
    response = await one_front.client.get(f"/connect/wechat/{APP_ID}", params=echo_query(one_front))
    assert (response.status_code, response.content) == (200, b"4375120948345356249")
    assert response.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "changed", [{"signature": "0" * 40}, {"signature": ""}, {"nonce": "2"}, {"timestamp": "1"}]
)
async def test_the_address_is_not_confirmed_to_others(one_front: Front, changed: dict[str, str]) -> None:
    response = await one_front.client.get(f"/connect/wechat/{APP_ID}", params=echo_query(one_front, **changed))
    assert response.status_code == 403
    assert "4375120948345356249" not in response.text


async def test_an_old_confirmation_and_an_unknown_account_are_refused(one_front: Front) -> None:
    query = echo_query(one_front)
    assert (await one_front.client.get("/connect/wechat/wxffffffffffffffff", params=query)).status_code == 404
    assert (await one_front.client.get(f"/connect/wechat/{MINI_APP_ID}", params=query)).status_code == 403
    one_front.goods.clock.advance(minutes=5, seconds=1)
    assert (await one_front.client.get(f"/connect/wechat/{APP_ID}", params=query)).status_code == 403


async def test_without_an_account_there_is_no_such_address(tmp_path: Path) -> None:
    async with open_front(tmp_path) as front:
        assert (await front.client.get(f"/connect/wechat/{APP_ID}")).status_code == 404
        assert (await push(front, {}, b"")).status_code == 404


@pytest.mark.parametrize("form", ["xml", "json"])
async def test_a_message_is_stored_and_acknowledged(front: Front, form: Form) -> None:
    response = await push_message(front, written(TEXT, form), form=form)
    assert (response.status_code, response.content) == (200, b"success")
    assert await stored(front) == [(APP_ID, "oUser", PushKind.TEXT.value, {"text": "我要退货😀"})]


async def test_three_deliveries_of_a_message_are_one_also_when_they_come_at_once(front: Front) -> None:
    message = written(TEXT, "xml")
    answers = await asyncio.gather(*(push_message(front, message, nonce=str(n)) for n in range(3)))
    assert [answer.content for answer in answers] == [b"success"] * 3
    assert len(await stored(front)) == 1


async def test_a_service_account_and_a_mini_program_are_served_at_once(one_front: Front) -> None:
    mini = cipher(MINI_APP_ID, token="miniToken")
    entered = {**TEXT, "MsgType": "event", "Event": "user_enter_tempsession", "SessionFrom": "order"}
    query, body = sealed(written(entered, "json"), at=one_front.goods.clock.now(), by=mini, form="json")
    assert (await push(one_front, query, body, account=MINI_APP_ID)).content == b"success"
    assert (await push_message(one_front, written(TEXT, "xml"))).content == b"success"
    assert [(account, kind) for account, _, kind, _ in await stored(one_front)] == [
        (MINI_APP_ID, "enter"),
        (APP_ID, "text"),
    ]
    assert (await push(one_front, query, body, account=APP_ID)).status_code == 403


async def test_while_keys_are_changed_both_are_taken(one_front: Front) -> None:
    old = await push_message(one_front, written(TEXT, "xml"), by=cipher(key=OLD_AES_KEY))
    assert old.content == b"success"
    assert len(await stored(one_front)) == 1


async def test_in_the_compatible_mode_the_readable_copy_is_not_believed(one_front: Front) -> None:
    forged = {**TEXT, "Content": "forged", "FromUserName": "oOther"}
    assert (await push_message(one_front, written(TEXT, "xml"), readable=forged)).content == b"success"
    assert [(sender, body["text"]) for _, sender, _, body in await stored(one_front)] == [("oUser", "我要退货😀")]


async def test_a_message_that_is_not_sealed_is_refused_though_its_signature_is_right(one_front: Front) -> None:
    query, _ = sealed(b"", at=one_front.goods.clock.now())
    for encrypt_type in ("raw", "", "AES "):
        response = await push(one_front, {**query, "encrypt_type": encrypt_type}, written(TEXT, "xml"))
        assert response.status_code == 403
    del query["encrypt_type"]
    assert (await push(one_front, query, written(TEXT, "xml"))).status_code == 403
    assert await stored(one_front) == []


CHANGES: list[dict[str, str]] = [
    {"msg_signature": "0" * 40},
    {"msg_signature": ""},
    {"msg_signature": "签" * 40},
    {"timestamp": "1795262401"},
    {"timestamp": ""},
    {"nonce": "1"},
    {"nonce": "\x00"},
]


async def test_a_wrong_signature_is_refused(one_front: Front) -> None:
    query, body = sealed(written(TEXT, "xml"), at=one_front.goods.clock.now())
    for changed in CHANGES:
        assert (await push(patient(one_front), {**query, **changed}, body)).status_code == 403, changed
    assert (await push(one_front, {}, body)).status_code == 403
    assert await stored(one_front) == []


async def test_the_signature_that_does_not_cover_the_body_counts_for_nothing(one_front: Front) -> None:
    query, _ = sealed(written(TEXT, "xml"), at=one_front.goods.clock.now())
    _, other = sealed(written({**TEXT, "Content": "forged"}, "xml"), at=one_front.goods.clock.now())
    assert (await push(one_front, query, other)).status_code == 403


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_push_of_another_time_is_refused(one_front: Front, minutes: int, form: Form) -> None:
    query, body = sealed(written(TEXT, form), at=one_front.goods.clock.now(), form=form)
    one_front.goods.clock.advance(minutes=minutes)
    assert (await push(one_front, query, body)).status_code == 403
    assert await stored(one_front) == []


async def test_how_old_a_push_may_be_can_be_set(tmp_path: Path) -> None:
    async with open_front(tmp_path, **SETTINGS, wechat_push_minutes=30) as front:
        query, body = sealed(written(TEXT, "xml"), at=front.goods.clock.now())
        front.goods.clock.advance(minutes=29)
        assert (await push(front, query, body)).content == b"success"


FOREIGN = cipher("wxffffffffffffffff")


async def test_a_message_that_was_sealed_for_another_account_is_refused(one_front: Front) -> None:
    assert (await push_message(one_front, written(TEXT, "xml"), by=FOREIGN)).status_code == 403


BODIES = {
    "nothing": b"",
    "no XML": b"<xml>",
    "no sealed part": b"<xml><ToUserName>gh</ToUserName></xml>",
    "no UTF-8": b"\xff\xfe\x00",
    "a bomb": b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>',
    "a document type": b"<!DOCTYPE xml><xml><Encrypt>AAAA</Encrypt></xml>",
    "deep JSON": b'{"Encrypt":' + b"[" * 100_000,
    "another type": b'{"Encrypt": 1}',
    "a null": b'{"Encrypt": null}',
    "a list": b"[1, 2]",
    "two sealed parts": b"<xml><Encrypt>AAAA</Encrypt><Encrypt>BBBB</Encrypt></xml>",
    "a lone surrogate": b'{"Encrypt": "\\ud800"}',
    "a zero": b'{"Encrypt": "AA\\u0000AA"}',
}


async def test_what_is_no_envelope_is_refused(one_front: Front) -> None:
    query, _ = sealed(written(TEXT, "xml"), at=one_front.goods.clock.now())
    for name, body in BODIES.items():
        assert (await push(patient(one_front), query, body)).status_code == 403, name


async def test_what_does_not_open_is_refused_though_it_is_signed(one_front: Front) -> None:
    """Only who knows the token can do that: a key that is set wrongly on one side, say."""
    time = str(int(one_front.goods.clock.now().timestamp()))
    for encrypt in ("AAAA", "A" * 64, "%%%", "退货", "A" * 200_000):
        signed = hashlib.sha1("".join(sorted([TOKEN, time, "1", encrypt])).encode()).hexdigest()
        query = {"timestamp": time, "nonce": "1", "encrypt_type": "aes", "msg_signature": signed}
        assert (await push(one_front, query, json.dumps({"Encrypt": encrypt}).encode())).status_code == 403


async def test_a_body_that_is_too_large_is_refused(one_front: Front) -> None:
    query, _ = sealed(written(TEXT, "xml"), at=one_front.goods.clock.now())
    assert (await push(one_front, query, b"<xml>" + b"a" * 5_000_000)).status_code == 413
    large = written({**TEXT, "Content": "退" * 50_000}, "xml")
    assert (await push_message(one_front, large)).content == b"success"


UNREADABLE = {
    "no XML": b"<xml>",
    "a control character that is written as a reference": b"<xml><Content>&#x1d;</Content></xml>",
    "an entity": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Content>&a;</Content></xml>',
    "no sender": written({**TEXT, "FromUserName": ""}, "xml"),
    "no time": written({**TEXT, "CreateTime": "soon"}, "xml"),
    "no type": written({**TEXT, "MsgType": ["a"]}, "json"),
    "no UTF-8": b"\xff\xfe",
    "deep JSON": b'{"a":' * 1000,
    "nothing": b"",
}


async def test_what_cannot_be_read_is_acknowledged_so_that_it_is_not_told_again(
    one_front: Front, capsys: pytest.CaptureFixture[str]
) -> None:
    for message in UNREADABLE.values():
        response = await push_message(one_front, message)
        assert (response.status_code, response.content) == (200, b"success")
    assert await stored(one_front) == []
    logged = capsys.readouterr()
    assert (logged.out + logged.err).count("wechat_unreadable") == len(UNREADABLE)
    assert "oUser" not in logged.out + logged.err
    assert "我要退货" not in logged.out + logged.err


async def test_whatever_customers_type_is_taken(front: Front) -> None:
    forms: tuple[Form, ...] = ("xml", "json")
    for text in ("退\x1d货\x08\x10", "a]]>b<xml>", "👨‍👩‍👧 &amp; &#0;", "\ud800x", "x" * 20_000):
        for form in forms:
            response = await push_message(front, written({**TEXT, "Content": text}, form), form=form)
            assert (response.status_code, response.content) == (200, b"success")


async def test_an_event_that_says_nothing_to_us_is_acknowledged_and_not_stored(one_front: Front) -> None:
    event = {**TEXT, "MsgType": "event", "Event": "debug_demo", "debug_str": "hello world"}
    assert (await push_message(one_front, written(event, "json"), form="json")).content == b"success"
    assert await stored(one_front) == []


async def test_guessing_is_slowed_down_and_what_is_right_is_still_taken(one_front: Front) -> None:
    query, body = sealed(written(TEXT, "xml"), at=one_front.goods.clock.now())
    wrong = [(await push(one_front, {**query, "nonce": str(n)}, body)).status_code for n in range(12)]
    assert wrong == [403] * 10 + [429] * 2
    assert (await push(one_front, query, body)).content == b"success"
