"""That the simulator is spoken to by another client of WeCom's than ours: wechatpy's."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import httpx
import pytest
from wechatpy.enterprise import WeChatClient
from wechatpy.exceptions import WeChatClientException

from tests.connectors.wecom.customers import Customer, Received
from tests.connectors.wecom.simulator import ACCOUNT, CORP, SECRET, WeComSimulator

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.fixture
async def theirs(wecom: WeComSimulator) -> Any:
    """Its own address for tokens cannot be changed, so it is given one."""
    async with httpx.AsyncClient() as client:
        query = {"corpid": CORP, "corpsecret": SECRET}
        token = (await client.get(f"{wecom.url}/cgi-bin/gettoken", params=query)).json()["access_token"]
    found: Any = WeChatClient(CORP, SECRET, session=None)
    found.session.set(found.access_token_key, token, 7200)
    found.expires_at = 2**33
    found.API_BASE_URL = f"{wecom.url}/cgi-bin/"
    return found


async def test_wechatpy_pulls_answers_and_sends_pictures(
    wecom: WeComSimulator, theirs: Any, lin: Customer
) -> None:
    page: Any = await asyncio.to_thread(theirs.post, "kf/sync_msg", data={"open_kfid": ACCOUNT, "limit": 10})
    [item] = page["msg_list"]
    to = {"touser": item["external_userid"], "open_kfid": item["open_kfid"]}
    image: Any = await asyncio.to_thread(theirs.media.upload, "image", ("a.png", io.BytesIO(PNG), "image/png"))
    for body in (
        {"msgtype": "text", "text": {"content": "您好"}},
        {"msgtype": "image", "image": {"media_id": image["media_id"]}},
    ):
        await asyncio.to_thread(theirs.post, "kf/send_msg", data={**to, **body})
    assert lin.received == [Received("您好"), Received(picture=PNG)]


async def test_wechatpy_reads_refusals_by_their_codes(theirs: Any) -> None:
    with pytest.raises(WeChatClientException) as caught:
        await asyncio.to_thread(theirs.media.upload, "image", ("a.txt", io.BytesIO(b"words"), "image/png"))
    assert caught.value.errcode == 40004
