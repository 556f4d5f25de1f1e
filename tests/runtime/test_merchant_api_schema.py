"""The merchant API does what its description says, and answers nothing that it does not tell of.

Schemathesis makes requests from the description itself, good ones and bad ones, and sends them to a running front
over a real database, in which there are things of every kind to be found.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from aftersales.domain.cases import CaseKind
from aftersales.services.cases import file_case
from aftersales.services.moves import By
from aftersales.services.sessions import open_session
from aftersales.services.webhooks import add_endpoint, ping
from runtime.api_docs.pages import load_description
from runtime.buckets import Buckets
from tests.databases import DATABASES
from tests.fronts import ACCOUNT_KEY, MERCHANT_KEY, Front, open_front
from tests.goods import COAT, SHOES, SOCKS

KEY = {"Authorization": f"Bearer {MERCHANT_KEY}"}
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
EXAMPLES = 6
# What they take no schema can say: either of two sets of parameters, a time not too long ago, a good address.
BEYOND_SCHEMAS = {
    "GET /api/merchant/statements",
    "POST /api/merchant/webhooks",
    "POST /api/merchant/webhooks/{endpoint_id}/replay",
}
SCHEMA = schemathesis.openapi.from_dict(load_description()).include(path_regex="^/api/merchant/")
FOUND = [found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)]
OPERATIONS = {operation.label: operation for operation in FOUND}


@dataclass(frozen=True, slots=True)
class Running:
    """`known` are names of things that are there, by the path's parameter and the kind of thing."""

    url: str
    known: Mapping[str, list[str]]
    session: requests.Session


@pytest.fixture(scope="module", params=DATABASES)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A front in a thread of its own: what Schemathesis makes is sent by callers that wait."""
    started: Future[tuple[str, Mapping[str, list[str]]]] = Future()
    stop: Future[None] = Future()
    folder = tmp_path_factory.mktemp("front")
    thread = threading.Thread(target=lambda: asyncio.run(_serve(request.param, folder, started, stop)))
    thread.start()
    try:
        url, known = started.result(timeout=60)
        with requests.Session() as session:
            yield Running(url, known, session)
    finally:
        stop.set_result(None)
        thread.join()


async def _serve(kind: str, folder: Path, started: Future[Any], stop: Future[None]) -> None:
    try:
        async with open_front(folder, kind=kind) as front:
            merchant = front.app.ctx.merchant
            unlimited = Buckets(1_000_000, seconds=1)
            front.app.ctx.merchant = replace(merchant, wrong_keys=unlimited, requests=unlimited)
            started.set_result((front.url, await _fill(front)))
            await asyncio.wrap_future(stop)
    except BaseException as error:
        if not started.done():
            started.set_exception(error)
        raise


async def _fill(front: Front) -> Mapping[str, list[str]]:
    ctx, by = front.goods.ctx, By("system", "cli")
    returns = [await front.goods.ask((SHOES, 1), key="k1"), await front.goods.ask((COAT, 1), key="k2")]
    returns.append(await front.goods.arrived((SOCKS, 1), key="k3"))
    refunds = [refund.id for item in returns for refund in await front.goods.refunds(item)]
    case = await file_case(
        ctx,
        conversation_id="conv-1",
        customer_id="c-lin",
        kind=CaseKind.HANDOVER,
        reason="handoff",
        summary="wants a person",
        key="k1",
        promise=timedelta(hours=24),
    )
    _, conversation = await open_session(ctx, channel="web", language="en", customer_id="c-lin")
    told = await add_endpoint(
        ctx, url="https://erp.example.com/hooks", events=[], key=ACCOUNT_KEY.encode(), local=False, by=by
    )
    await ping(ctx, endpoint_id=told.endpoint.id, body="{}", event_id="ping_1")
    return {
        "returns": [item.number for item in returns],
        "refunds": refunds,
        "cases": [case.number],
        "conversations": [conversation.id],
        "webhooks": [told.endpoint.id],
    }


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", OPERATIONS)
def test_every_answer_is_one_that_the_description_tells_of(
    running: Running, label: str, mode: GenerationMode
) -> None:
    operation = OPERATIONS[label]
    names = running.known.get(operation.path.split("/")[3], [])

    @given(case=operation.as_strategy(generation_mode=mode), which=st.integers(0, 2 * len(names)))
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def check(case: schemathesis.Case[Any], which: int) -> None:
        excluded: list[Any] = [positive_data_acceptance] if label in BEYOND_SCHEMAS else []
        # Names that were made up are nearly never there; most of the time one is put in that is.
        if which < 2 * len(names):
            excluded.append(negative_data_rejection)  # it may have been the name alone that was wrong
            for parameter in case.path_parameters:
                case.path_parameters[parameter] = names[which // 2]
        # No program makes up where a page ended, or gives two requests one name.
        if mode is GenerationMode.POSITIVE:
            case.query.pop("after", None)
            case.headers.update({name: uuid4().hex for name in case.headers if name == "Idempotency-Key"})
        case.call_and_validate(
            base_url=running.url, session=running.session, headers=KEY, excluded_checks=excluded
        )

    check()


def test_all_operations_of_the_merchant_api_are_tried() -> None:
    described = load_description()["paths"]
    assert len(OPERATIONS) == sum(len(item) for path, item in described.items() if "/merchant/" in path)
