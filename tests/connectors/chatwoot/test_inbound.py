"""What Chatwoot tells by itself, as the front takes it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors.chatwoot.inbound import signature, talk_of
from tests.connectors.chatwoot.fake import ROOT
from tests.fronts import Front, open_front

SECRET = "secret-of-the-inbox-0123"
WORDS: dict[str, Any] = {
    "event": "message_created",
    "id": 9,
    "message_type": "outgoing",
    "private": False,
    "conversation": {"id": 5},
}


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path, chatwoot_url=ROOT, chatwoot_webhook_secret=SecretStr(SECRET)) as front:
        yield front


async def tell(
    front: Front,
    told: object = WORDS,
    *,
    seconds: int = 0,
    secret: str = SECRET,
    token: str = "",
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """A webhook that is so many seconds old."""
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    time = str(int(front.goods.clock.now().timestamp()) - seconds)
    signed = {"X-Chatwoot-Timestamp": time, "X-Chatwoot-Signature": signature(secret, time=time, body=body)}
    path = f"/webhooks/chatwoot/{token}" if token else "/webhooks/chatwoot"
    sent = signed if headers is None else headers
    return await front.client.post(path, content=body, headers=sent)


async def test_what_is_told_of_somebody_elses_talk_is_taken_and_changes_nothing(front: Front) -> None:
    assert [(await tell(front)).status_code for _ in range(2)] == [204, 204]


async def test_only_what_is_signed_lately_is_taken(front: Front) -> None:
    for answer in (
        await tell(front, secret="another secret"),
        await tell(front, seconds=301),
        await tell(front, seconds=-301),
        await tell(front, headers={}),
        await tell(front, headers={"X-Chatwoot-Timestamp": "1"}),
        await tell(front, headers={}, token="guess"),
    ):
        assert answer.status_code == 401
    assert (await tell(front, seconds=299)).status_code == 204


async def test_a_version_that_signs_nothing_names_the_secret_in_the_address(front: Front) -> None:
    assert (await tell(front, headers={}, token=SECRET)).status_code == 204


async def test_what_is_no_object_or_too_long_is_refused(front: Front) -> None:
    for body in (b"", b"[]", b"nonsense", b"[" * 5000):
        assert (await tell(front, body)).status_code == 400
    assert (await tell(front, b" " * 70_000)).status_code == 413


async def test_guessing_is_slowed_down(front: Front) -> None:
    answers = [(await tell(front, secret="guess")).status_code for _ in range(12)]
    assert (answers[0], answers[-1]) == (401, 429)


async def test_without_a_chatwoot_there_is_no_such_address(tmp_path: Path) -> None:
    async with open_front(tmp_path) as front:
        assert (await tell(front)).status_code == 404


def test_words_to_the_customer_and_changes_of_a_talk_are_worth_a_look() -> None:
    assert talk_of(WORDS) == "5"
    assert talk_of({"event": "conversation_status_changed", "id": 6, "status": "resolved"}) == "6"
    assert talk_of({"event": "conversation_updated", "id": 7}) == "7"


@pytest.mark.parametrize(
    "changes",
    [
        {"private": True},
        {"message_type": "incoming"},
        {"message_type": "activity"},
        {"message_type": "template"},
        {"event": "message_updated"},
        {"event": ["message_created"]},
        {"conversation": None},
        {"conversation": {"id": "5"}},
        {"conversation": {"id": True}},
        {"conversation": {"id": -1}},
        {"conversation": {"id": 10**30}},
    ],
    ids=str,
)
def test_anything_else_is_not(changes: dict[str, Any]) -> None:
    assert talk_of(WORDS | changes) is None
