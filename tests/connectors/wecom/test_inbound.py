"""WeCom's calls, as the front takes them: a real front, a real database, and the simulator."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from aftersales.domain.channels import Push, PushKind, Sender
from tests.connectors.wechat.vectors import SETS
from tests.connectors.wecom.simulator import ACCOUNT, AES_KEY, CORP, SECRET, TOKEN, WeComSimulator, open_wecom
from tests.databases import DATABASES
from tests.fakes import FrozenClock
from tests.fronts import Front, open_front

OTHER_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
ASKED = datetime.fromtimestamp(1409659589, UTC)


@dataclass(frozen=True, slots=True)
class Shop:
    front: Front
    wecom: WeComSimulator

    async def calls(self, account: str = ACCOUNT) -> Sequence[Push]:
        async with self.front.goods.ctx.unit_of_work() as uow:
            later = self.front.goods.clock.now() + timedelta(days=1)
            stored = await uow.pushes.waiting(Sender("wecom", account, ""), before=later, limit=100)
        return [one.push for one in stored]


def connected(**changes: Any) -> dict[str, Any]:
    given = {
        "wecom_corp_id": CORP,
        "wecom_secret": SecretStr(SECRET),
        "wecom_token": SecretStr(TOKEN),
        "wecom_aes_key": SecretStr(AES_KEY),
    }
    return given | changes


@pytest.fixture
async def shop(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shop]:
    kind = getattr(request, "param", "sqlite")
    async with open_front(tmp_path, kind=kind, **connected()) as front, open_wecom(front.goods.clock.now) as wecom:
        wecom.callback = f"{front.url}/connect/wecom/kf"
        yield Shop(front, wecom)


async def test_the_address_is_verified_by_opening_what_is_sealed(shop: Shop) -> None:
    answer = await shop.wecom.verify("1616140317555161061")
    assert (answer.status_code, answer.text) == (200, "1616140317555161061")
    assert (await shop.wecom.verify(corp="wwAnother")).status_code == 403


@pytest.mark.parametrize("name", ["wecom_url_verify", "wecom_official_demo_url_verify"])
async def test_the_known_verifications_are_answered(name: str, tmp_path: Path) -> None:
    vector = SETS[name]
    names = {"wecom_corp_id": "receive_id", "wecom_token": "token", "wecom_aes_key": "encoding_aes_key"}
    found = {ours: vector[theirs] for ours, theirs in names.items()}
    secret = {ours: SecretStr(value) for ours, value in found.items() if ours != "wecom_corp_id"}
    query = {key: vector[key] for key in ("msg_signature", "timestamp", "nonce", "echostr")}
    async with open_front(tmp_path, clock=FrozenClock(ASKED), **connected(**(found | secret))) as front:
        answer = await front.client.get("/connect/wecom/kf", params=query)
    assert (answer.status_code, answer.text) == (200, vector["plaintext"])


async def test_the_known_call_is_taken(tmp_path: Path) -> None:
    vector = SETS["wecom_kf_event"]
    query = {key: vector[key] for key in ("msg_signature", "timestamp", "nonce")}
    body = f"<xml><ToUserName>{CORP}</ToUserName><Encrypt><![CDATA[{vector['encrypt']}]]></Encrypt></xml>"
    async with open_front(tmp_path, clock=FrozenClock(ASKED), **connected()) as front:
        answer = await front.client.post("/connect/wecom/kf", params=query, content=body)
        assert (answer.status_code, answer.text) == (200, "success")
        [call] = await Shop(front, WeComSimulator(lambda: ASKED)).calls("wkxxxxxxx")
    assert (call.kind, call.body["token"]) == (PushKind.FETCH, "ENCApHxnGDNAVNY4AaSJKj4Tb5mwsEMzxhFmHVGcra996NR")


@pytest.mark.parametrize("shop", DATABASES, indirect=True)
async def test_each_call_is_kept_and_the_same_one_again_is_not(shop: Shop) -> None:
    answer = await shop.wecom.call()
    assert answer is not None
    assert (answer.status_code, answer.text) == (200, "success")
    assert (await shop.wecom.post_raw(*shop.wecom.posted[0])).status_code == 200
    assert len(await shop.calls()) == 1
    await shop.wecom.call()
    assert len(await shop.calls()) == 2


async def test_another_event_is_acknowledged_and_changes_nothing(shop: Shop) -> None:
    answer = await shop.wecom.call("change_contact")
    assert answer is not None
    assert (answer.status_code, await shop.calls()) == (200, [])


@pytest.mark.parametrize("seconds", [301, -301])
async def test_a_call_that_is_old_or_ahead_is_refused(seconds: int, shop: Shop) -> None:
    message = "<xml><Event>kf_msg_or_event</Event></xml>"
    assert (await shop.wecom.post(message, seconds_ago=seconds)).status_code == 403


@pytest.mark.parametrize(
    "message",
    [
        "",
        "no xml",
        "<xml><Event>kf_msg_or_event</Event></xml>",
        "<xml><Event>kf_msg_or_event</Event><OpenKfId>wk1</OpenKfId><CreateTime>soon</CreateTime></xml>",
        f"<xml><Event>kf_msg_or_event</Event><OpenKfId>{'w' * 65}</OpenKfId><CreateTime>1</CreateTime></xml>",
        "<xml><Event><a>kf_msg_or_event</a></Event></xml>",
        '<!DOCTYPE x [<!ENTITY e "a">]><xml><Event>&e;</Event></xml>',
    ],
)
async def test_what_is_sealed_and_cannot_be_read_is_acknowledged_and_left_alone(message: str, shop: Shop) -> None:
    answer = await shop.wecom.post(message)
    assert (answer.status_code, answer.text, await shop.calls()) == (200, "success", [])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"\xff\xfe",
        b"{}",
        b"[" * 5000,
        b"<xml></xml>",
        b"<xml><Encrypt></Encrypt></xml>",
        b"<xml><Encrypt>AAAA</Encrypt></xml>",
        b"<xml><Encrypt>\xe2\x82\xac</Encrypt></xml>",
        b"<xml><Encrypt><a>1</a><a>2</a></Encrypt></xml>",
        b"<xml><Encrypt>]]></Encrypt></xml>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml><Encrypt>a</Encrypt></xml>',
        b'{"Encrypt": "\\ud800"}',
        b'{"Encrypt": ' + b"[" * 100_000 + b"}",
    ],
    ids=range(15),
)
async def test_what_is_not_sealed_is_one_refusal(body: bytes, shop: Shop) -> None:
    query = {"msg_signature": "0" * 40, "timestamp": "1", "nonce": "n"}
    refused = 413 if len(body) > 64 * 1024 else 403
    assert (await shop.wecom.post_raw(body, query)).status_code == refused
    assert await shop.calls() == []


async def test_what_is_too_long_is_not_read(shop: Shop) -> None:
    assert (await shop.wecom.post_raw(b"<xml>" + b" " * 5_000_000, {})).status_code == 413


@pytest.mark.parametrize("changed", ["msg_signature", "timestamp", "nonce", "Encrypt"])
async def test_each_part_is_covered_by_the_signature(changed: str, shop: Shop) -> None:
    assert (await shop.wecom.post("<xml><Event>other</Event></xml>")).status_code == 200
    body, query = shop.wecom.posted[-1]
    if changed == "Encrypt":
        body = re.sub(rb"<Encrypt><!\[CDATA\[", rb"<Encrypt><![CDATA[A", body)
    else:
        query = query | {changed: f"{query[changed][:-1]}x"}
    assert (await shop.wecom.post_raw(body, query)).status_code == 403


async def test_guessing_is_slowed_down(shop: Shop) -> None:
    answers = [(await shop.wecom.post_raw(b"<xml></xml>", {})).status_code for _ in range(12)]
    assert (answers[0], answers[-1]) == (403, 429)


async def test_while_the_key_is_changed_both_are_taken(tmp_path: Path) -> None:
    both = connected(wecom_aes_key=SecretStr(OTHER_KEY), wecom_previous_aes_key=SecretStr(AES_KEY))
    async with open_front(tmp_path, **both) as front:
        wecom = WeComSimulator(front.goods.clock.now)
        wecom.callback = f"{front.url}/connect/wecom/kf"
        assert (await wecom.verify("1")).text == "1"


async def test_without_a_corporation_there_is_no_such_address(tmp_path: Path) -> None:
    async with open_front(tmp_path) as front:
        assert (await front.client.get("/connect/wecom/kf")).status_code == 404
