"""How the connector speaks to Chatwoot: tokens, files, faults, office hours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from aftersales.domain.errors import Invalid, NotFound, ProviderRejected, Unavailable
from connectors.chatwoot.client import ChatwootClient, ChatwootSettings
from connectors.chatwoot.desk import ChatwootDesk
from connectors.chatwoot.hours import is_open
from connectors.chatwoot.payloads import Inbox
from runtime.desks import open_people_desk
from runtime.settings import Settings
from tests.connectors.chatwoot.fake import ALL_DAY, ROOT
from tests.fakes import FrozenClock

SETTINGS = ChatwootSettings(url=f"{ROOT}/", token="secret", account=3, inbox=7)
FILE = f"{ROOT}/rails/active_storage/blobs/x/label.png"


def client(handler: Callable[[httpx.Request], httpx.Response]) -> ChatwootClient:
    return ChatwootClient(SETTINGS, transport=httpx.MockTransport(handler))


async def test_a_call_carries_the_token_and_names_the_account() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"id": 7})

    assert await client(answer).get("/inboxes/7") == {"id": 7}
    assert str(seen[0].url) == f"{ROOT}/api/v1/accounts/3/inboxes/7"
    assert seen[0].headers["api_access_token"] == "secret"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (302, ProviderRejected),
        (401, ProviderRejected),
        (404, NotFound),
        (422, ProviderRejected),
        (429, Unavailable),
        (502, Unavailable),
    ],
)
async def test_a_refusal_is_told_from_a_fault(status: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        await client(lambda _request: httpx.Response(status)).get("/inboxes/7")


async def test_no_json_and_no_answer_count_as_unavailable_without_the_words_of_the_cause() -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("secret words", request=request)

    for handler in (silent, lambda _request: httpx.Response(200, content=b"<html>")):
        with pytest.raises(Unavailable) as caught:
            await client(handler).get("/inboxes/7")
        assert "secret" not in str(caught.value)


async def test_a_file_that_is_stored_elsewhere_is_fetched_there_without_the_token() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.host == "storage.example":
            return httpx.Response(200, content=b"png")
        return httpx.Response(302, headers={"location": "https://storage.example/x"})

    assert await client(answer).download(FILE) == b"png"
    assert ["api_access_token" in request.headers for request in seen] == [False, False]


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("https://other.example/x.png", httpx.Response(200)),
        ("http://chatwoot.example/x.png", httpx.Response(200)),
        ("file:///etc/passwd", httpx.Response(200)),
        ("https://chatwoot.example:bad/x", httpx.Response(200)),
        (FILE, httpx.Response(302, headers={"location": "http://169.254.169.254/"})),
        (FILE, httpx.Response(302, headers={"location": FILE})),
        (FILE, httpx.Response(404)),
        (FILE, httpx.Response(200, content=b"0" * (10 * 1024 * 1024 + 1))),
    ],
    ids=["host", "scheme", "file", "port", "inside", "circle", "gone", "large"],
)
async def test_a_file_from_anywhere_else_or_too_large_is_refused(url: str, answer: httpx.Response) -> None:
    with pytest.raises(Invalid):
        await client(lambda _request: answer).download(url)


@pytest.mark.parametrize(
    ("day", "hour", "minute", "expected"),
    [
        (2, 0, 59, False),  # Monday, 08:59 in Shanghai
        (2, 1, 0, True),
        (2, 9, 0, True),
        (2, 9, 1, False),
        (1, 4, 0, False),  # Sunday: closed
        (3, 20, 0, True),  # Wednesday there already: open all day
        (5, 4, 0, False),  # Thursday is not named
    ],
)
def test_hours_are_those_of_the_inboxs_zone(day: int, hour: int, minute: int, expected: bool) -> None:
    days: list[dict[str, Any]] = [
        {"day_of_week": 0, "closed_all_day": True},
        {"day_of_week": 1, **ALL_DAY},
        {"day_of_week": 3, "open_all_day": True},
    ]
    inbox = Inbox.model_validate(
        {"working_hours_enabled": True, "timezone": "Asia/Shanghai", "working_hours": days}
    )
    assert is_open(inbox, datetime(2026, 11, day, hour, minute, tzinfo=UTC)) is expected


def test_an_inbox_without_hours_or_of_an_unknown_zone_is_open_as_it_says() -> None:
    now = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
    assert is_open(Inbox(), now)
    days = [{"day_of_week": 1, **ALL_DAY}]
    named = {"working_hours_enabled": True, "timezone": "Nowhere/At all", "working_hours": days}
    assert is_open(Inbox.model_validate(named), now)


async def test_the_settings_say_at_which_desk_people_answer() -> None:
    there = Settings(_env_file=None, chatwoot_url=ROOT, chatwoot_token=SecretStr("t"), chatwoot_inbox=7)
    for settings, expected in ((Settings(_env_file=None), False), (there, True)):
        async with open_people_desk(settings, clock=FrozenClock()) as desk:
            assert isinstance(desk, ChatwootDesk) is expected
