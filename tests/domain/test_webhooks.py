"""Webhooks: names of events, signatures, pauses, addresses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aftersales.domain.journal import Entry
from aftersales.domain.webhooks import (
    EVENT_TYPES,
    PAUSES,
    event_type,
    is_address,
    is_event_pattern,
    listens,
    new_secret,
    pause_after,
    signatures,
)

AT = datetime(2026, 11, 22, tzinfo=UTC)


def entry(subject: str, before: str | None, after: str) -> Entry:
    return Entry(
        subject=subject,
        subject_id="x",
        actor="system",
        channel="worker",
        trigger="t",
        from_state=before,
        to_state=after,
        at=AT,
    )


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of https://github.com/standard-webhooks/standard-webhooks."""
    signed = signatures(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        at=datetime.fromtimestamp(1614265330, UTC),
        body='{"test": 2432232314}',
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_two_secrets_give_two_signatures() -> None:
    one, other = new_secret(), new_secret()
    both = signatures([one, other], message_id="m", at=AT, body="{}").split(" ")
    assert both == [signatures([secret], message_id="m", at=AT, body="{}") for secret in (one, other)]
    assert both[0] != both[1]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (entry("return", "requested", "approved"), "return.approved"),
        (entry("refund", None, "created"), "refund.created"),
        (entry("case", "assigned", "assigned"), "case.updated"),
        (entry("account", None, "active"), None),
        (entry("api_key", None, "valid"), None),
    ],
)
def test_an_event_is_called_by_its_subject_and_the_state_it_led_to(given: Entry, named: str | None) -> None:
    assert event_type(given) == named
    assert named is None or named in EVENT_TYPES


def test_an_endpoint_listens_to_what_it_names() -> None:
    assert listens((), "return.approved")
    assert listens(("return.*",), "return.approved")
    assert not listens(("return.*",), "refund.created")
    assert listens(("refund.created",), "refund.created")
    assert not listens(("refund.created",), "refund.failed")
    assert [
        is_event_pattern(one) for one in ("return.*", "case.closed", "*", "return.", "order.*", "return.x")
    ] == [
        *(True, True),
        *(False, False, False, False),
    ]


def test_pauses_grow_and_then_it_is_given_up() -> None:
    assert [pause_after(attempt, jitter=0) for attempt in range(1, 8)] == list(PAUSES)
    assert pause_after(1, jitter=1) == timedelta(seconds=6)
    assert pause_after(8, jitter=0) is None


@pytest.mark.parametrize(
    ("url", "local", "allowed"),
    [
        ("https://erp.example.com/hooks?tenant=1", False, True),
        ("https://erp.example.com:8443", False, True),
        ("http://erp.example.com/", True, False),
        ("http://127.0.0.1:9000/hooks", True, True),
        ("http://localhost:9000/hooks", False, False),
        ("https://user:pass@erp.example.com/", False, False),
        ("https://erp.example.com/#part", False, False),
        ("https://", False, False),
        ("https://erp.example.com:x/", False, False),
        ("https://erp.example.com/ a", False, False),
        ("https://erp.example.com/\n", False, False),
        ("ftp://erp.example.com/", True, False),
        ("https://例子.example/", False, False),
        (f"https://erp.example.com/{'x' * 1000}", False, False),
    ],
)
def test_an_address_is_https_and_nothing_else(url: str, local: bool, allowed: bool) -> None:
    assert is_address(url, local=local) is allowed
