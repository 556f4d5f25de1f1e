"""Keys of programs: what each opens, and that a request that was named is done once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from aftersales.domain.api_keys import Scope
from aftersales.domain.errors import Taken, Unavailable
from aftersales.services.api_keys import add_api_key, revoke_api_key
from aftersales.services.idempotency import Named, Told, forget_answers, once
from aftersales.services.moves import By
from aftersales.stores.schema.api import idempotency_keys
from runtime.api_docs.pages import load_description
from runtime.buckets import Buckets
from tests.databases import DATABASES
from tests.fronts import MERCHANT_KEY, Front, open_front
from tests.goods import COAT, SOCKS

_OWNER = By("agent:owner", "desk")


@pytest.fixture(params=DATABASES)
async def front(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path, kind=request.param) as front:
        yield front


async def key_for(front: Front, *scopes: Scope, **options: object) -> dict[str, str]:
    key, _ = await add_api_key(front.goods.ctx, name="ERP", scopes=scopes, by=_OWNER, **options)  # type: ignore[arg-type]
    return {"Authorization": f"Bearer {key}"}


def code_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


async def receive(front: Front, number: str, *, headers: dict[str, str]) -> httpx.Response:
    return await front.client.post(f"/api/merchant/returns/{number}/receive", headers=headers)


async def test_what_a_program_does_is_journalled_under_its_key(front: Front) -> None:
    item = await front.goods.ask()
    headers = await key_for(front, Scope.RETURNS_WRITE)
    prefix = headers["Authorization"].split("_")[1]
    assert (await receive(front, item.number, headers=headers)).json()["status"] == "inspected"
    actors = {entry.actor for entry in await front.goods.journal("return", item.id) if entry.channel == "api"}
    assert actors == {f"agent:key:{prefix}"}


async def test_keys_that_are_wrong_revoked_or_expired_open_nothing(front: Front) -> None:
    front.app.ctx.merchant.wrong_keys._size = 100
    ctx, path = front.goods.ctx, "/api/merchant/returns"
    headers = await key_for(front, Scope.RETURNS_READ)
    key = headers["Authorization"]
    prefix = key.split("_")[1]
    assert (await front.client.get(path, headers=headers)).status_code == 200
    for wrong in (key[:-1], f"{key}x", key.replace(prefix, "aaaaaaaa"), key[:-4] + "AAAA", "Bearer rd__"):
        assert code_of(await front.client.get(path, headers={"Authorization": wrong})) == (401, "unauthorized")
    await revoke_api_key(ctx, prefix=prefix, by=_OWNER)
    assert code_of(await front.client.get(path, headers=headers)) == (401, "unauthorized")
    soon = await key_for(front, Scope.RETURNS_READ, expires_at=ctx.clock.now() + timedelta(days=1))
    assert (await front.client.get(path, headers=soon)).status_code == 200
    front.goods.clock.advance(days=1)
    assert code_of(await front.client.get(path, headers=soon)) == (401, "unauthorized")


async def test_every_operation_asks_for_the_scope_that_its_description_names(front: Front) -> None:
    front.app.ctx.merchant = type(front.app.ctx.merchant)(
        **{**vars(front.app.ctx.merchant), "requests": Buckets(10_000, seconds=1)}
    )
    keys = {scope: await key_for(front, scope) for scope in Scope}
    told = 0
    for path, item in load_description()["paths"].items():
        for method, operation in item.items():
            if not path.startswith("/api/merchant/"):
                continue
            where = path.replace("{", "").replace("}", "")
            allowed = set()
            for scope, headers in keys.items():
                answer = await front.client.request(method, where, headers=headers)
                if answer.status_code != 403:
                    allowed.add(scope.value)
            assert allowed == set(operation["x-scopes"]), (method, path)
            told += 1
    assert told >= 20


async def test_each_key_has_its_own_limit(front: Front) -> None:
    merchant = front.app.ctx.merchant
    front.app.ctx.merchant = type(merchant)(**{**vars(merchant), "requests": Buckets(2, seconds=60)})
    one, other = await key_for(front, Scope.RETURNS_READ), await key_for(front, Scope.RETURNS_READ)
    answers = [await front.client.get("/api/merchant/returns", headers=one) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["retry-after"]) == 30
    assert (await front.client.get("/api/merchant/returns", headers=other)).status_code == 200


async def test_the_use_of_a_key_is_noted_to_the_hour(front: Front) -> None:
    headers = await key_for(front, Scope.RETURNS_READ)
    ctx, began = front.goods.ctx, front.goods.clock.now()
    for passed, noted in ((0, 0), (59, 0), (1, 60)):
        front.goods.clock.advance(minutes=passed)
        await front.client.get("/api/merchant/returns", headers=headers)
        async with ctx.unit_of_work() as uow:
            (key,) = await uow.api_keys.all()
        assert key.last_used_at == began + timedelta(minutes=noted)


async def test_a_named_request_is_done_once_and_its_answer_told_again(front: Front) -> None:
    item = await front.goods.ask()
    headers = {**await key_for(front, Scope.RETURNS_WRITE), "Idempotency-Key": '"4711"'}
    first = await receive(front, item.number, headers=headers)
    assert (first.status_code, "idempotency-replayed" in first.headers) == (200, False)
    bare = {**headers, "Idempotency-Key": "4711"}
    again = await receive(front, item.number, headers=bare)
    assert (again.status_code, again.headers["idempotency-replayed"], again.json()) == (200, "true", first.json())
    other = await front.client.post(f"/api/merchant/returns/{item.number}/close", headers=headers)
    assert code_of(other) == (422, "idempotency_mismatch")
    # Another program may use the same name for something else.
    merchant = {"Authorization": f"Bearer {MERCHANT_KEY}", "Idempotency-Key": "4711"}
    assert "idempotency-replayed" not in (await receive(front, item.number, headers=merchant)).headers


async def test_a_refusal_is_told_again_too_in_the_language_of_who_asks(front: Front) -> None:
    item = await front.goods.ask((COAT, 1))
    headers = {**await key_for(front, Scope.RETURNS_WRITE), "Idempotency-Key": "k1"}
    path = f"/api/merchant/returns/{item.number}/close"
    assert code_of(await front.client.post(path, headers=headers)) == (409, "conflict")
    titles = []
    for language in ("en", "zh"):
        answer = await front.client.post(path, headers={**headers, "Accept-Language": language})
        titles.append((answer.status_code, answer.headers["content-language"], answer.json()["code"]))
    assert titles == [(409, "en", "conflict"), (409, "zh", "conflict")]


async def test_two_at_once_under_one_name_do_it_once(front: Front) -> None:
    item = await front.goods.ask((SOCKS, 1))
    headers = {**await key_for(front, Scope.RETURNS_WRITE), "Idempotency-Key": "k1"}
    answers = await asyncio.gather(*(receive(front, item.number, headers=headers) for _ in range(4)))
    told = {answer.status_code if answer.status_code == 200 else code_of(answer) for answer in answers}
    assert told <= {200, (409, "idempotency_in_use")}
    fresh = [a for a in answers if a.status_code == 200 and "idempotency-replayed" not in a.headers]
    assert len(fresh) == 1


async def test_what_was_our_own_trouble_is_tried_anew(front: Front) -> None:
    named = Named("erp", "k1", b"POST /x", b"vault")
    outcomes: list[Told | Exception] = [Unavailable("shop"), Told(200, {"done": True}), Told(200, {"done": False})]

    async def act() -> Told:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    with pytest.raises(Unavailable):
        await once(front.goods.ctx, named, act)
    assert await once(front.goods.ctx, named, act) == Told(200, {"done": True})
    assert await once(front.goods.ctx, named, act) == Told(200, {"done": True}, again=True)


async def test_a_request_whose_process_was_killed_is_free_again_after_two_minutes(front: Front) -> None:
    named = Named("erp", "k1", b"POST /x", b"vault")

    async def killed() -> Told:
        raise asyncio.CancelledError

    async def act() -> Told:
        return Told(200, {})

    with pytest.raises(asyncio.CancelledError):
        await once(front.goods.ctx, named, killed)
    with pytest.raises(Taken):
        await once(front.goods.ctx, named, act)
    front.goods.clock.advance(minutes=2)
    assert await once(front.goods.ctx, named, act) == Told(200, {})


async def test_answers_are_kept_encrypted(front: Front) -> None:
    async def act() -> Told:
        return Told(201, {"secret": "whsec_4711"})

    await once(front.goods.ctx, Named("erp", "k1", b"POST /x", b"vault"), act)
    async with front.goods.engine.connect() as connection:
        kept = (await connection.execute(select(idempotency_keys.c.body))).scalar_one()
    assert "4711" not in kept


async def test_an_answer_is_forgotten_after_a_day(front: Front) -> None:
    item = await front.goods.ask()
    headers = {**await key_for(front, Scope.RETURNS_WRITE), "Idempotency-Key": "k1"}
    await receive(front, item.number, headers=headers)
    front.goods.clock.advance(hours=24, seconds=1)
    assert "idempotency-replayed" not in (await receive(front, item.number, headers=headers)).headers
    front.goods.clock.advance(hours=25)
    await forget_answers(front.goods.ctx)
    async with front.goods.ctx.unit_of_work() as uow:
        assert await uow.idempotency.begin("x", "y", request_hash="z", at=front.goods.clock.now())


async def test_names_that_are_none_are_bad_requests(front: Front) -> None:
    headers = await key_for(front, Scope.RETURNS_WRITE)
    for name in ("", '""', "a b", "x" * 256):
        answer = await receive(front, "RT1", headers={**headers, "Idempotency-Key": name})
        assert code_of(answer) == (400, "bad_request"), name
