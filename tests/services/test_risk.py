"""The signs of risk as they are gathered from real orders, returns, claims, changes and photos."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from PIL import Image, ImageDraw
from sqlalchemy import update

from aftersales.domain.cases import CaseKind
from aftersales.domain.reasons import Reason
from aftersales.domain.refunds import RefundState
from aftersales.domain.returns import Return
from aftersales.domain.risk import Frequency, Recent, RiskRules, SignalKind
from aftersales.ports import Attachment
from aftersales.services.attachments import store_attachment
from aftersales.services.cases import file_case
from aftersales.services.external_refunds import read_funds
from aftersales.services.moves import By
from aftersales.services.refund_reviews import weigh
from aftersales.services.sessions import open_session
from aftersales.stores.schema import shop as tables
from tests.databases import DATABASES
from tests.fakes import NOON
from tests.goods import SHOES, SOCKS, Goods, open_goods, under
from tests.unsent import Unsent, add_unsent, cancel, move_to

BY = By("agent:wei", "desk")


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


def with_risk(goods: Goods, risk: RiskRules) -> Goods:
    policy = goods.ctx.policy
    approvals = replace(policy.approvals, risk=risk)
    return replace(goods, ctx=under(goods.ctx, policy=replace(policy, approvals=approvals)))


async def found(goods: Goods, item: Return) -> dict[SignalKind, Mapping[str, str | int]]:
    """The facts by kind that a refund for this return shows just now."""
    funds = await read_funds(goods.ctx, "o1")
    async with goods.ctx.unit_of_work(read_only=True) as uow:
        _, grounds = await weigh(goods.ctx, uow, cause=item.cause, funds=funds, earlier=[], by=BY)
    return {signal.kind: signal.facts for signal in grounds.signals}


def picture(seed: int, *, size: tuple[int, int] = (640, 480), quality: int = 90, kind: str = "JPEG") -> bytes:
    """Shapes at random, the same ones for the same seed in every size and quality."""
    random, drawn = Random(seed), Image.new("RGB", (640, 480), "#8899aa")
    pen = ImageDraw.Draw(drawn)
    for _ in range(25):
        x, y = random.randrange(600), random.randrange(440)
        box = (x, y, x + random.randrange(20, 300), y + random.randrange(20, 300))
        pen.ellipse(box, fill=(random.randrange(256), random.randrange(256), random.randrange(256)))
    encoded = io.BytesIO()
    drawn.resize(size).save(encoded, kind, quality=quality)
    return encoded.getvalue()


async def send(goods: Goods, folder: Path, content: bytes, *, customer: str | None) -> Attachment:
    """In a conversation of its own."""
    _, talk = await open_session(goods.ctx, channel="web", language="zh", customer_id=customer)
    return await store_attachment(goods.ctx, folder=folder, conversation_id=talk.id, name="photo", content=content)


async def broken(goods: Goods, photo: Attachment, *, key: str = "k1") -> Return:
    return await goods.ask(
        (SHOES, 1),
        key=key,
        reason=Reason.DAMAGED,
        conversation_id=photo.conversation_id,
        attachment_ids=(photo.id,),
    )


async def test_a_first_order_of_these_days_is_a_sign_and_an_old_one_is_not(goods: Goods) -> None:
    item = await goods.ask()
    assert await found(goods, item) == {SignalKind.NEW_CUSTOMER: {"days": 5}}
    async with goods.engine.begin() as connection:
        await connection.execute(update(tables.shop_orders).values(placed_at=NOON - timedelta(days=300)))
    assert await found(goods, item) == {}


async def test_many_other_returns_are_a_sign(goods: Goods) -> None:
    goods = with_risk(goods, RiskRules(many_returns=Frequency(days=90, count=2, points=1)))
    first = await goods.ask((SHOES, 1), key="a")
    await goods.ask((SHOES, 1), key="b")
    assert await found(goods, first) == {}
    await goods.ask((SOCKS, 1), key="c")
    assert await found(goods, first) == {SignalKind.MANY_RETURNS: {"count": 2, "days": 90}}
    goods.clock.advance(days=91)
    assert await found(goods, first) == {}


async def test_claims_of_parcels_that_never_came_are_a_sign_complaints_are_not(goods: Goods) -> None:
    goods = with_risk(goods, RiskRules(not_delivered=Frequency(days=180, count=1, points=1)))
    item = await goods.ask()
    for kind, customer in (
        (CaseKind.COMPLAINT, "c-lin"),
        (CaseKind.NOT_DELIVERED, "c-emma"),
        (CaseKind.NOT_DELIVERED, "c-lin"),
    ):
        assert await found(goods, item) == {}
        await file_case(
            goods.ctx,
            conversation_id="conv-9",
            customer_id=customer,
            kind=kind,
            reason="late",
            summary="",
            key=f"{kind}-{customer}",
            promise=timedelta(hours=1),
        )
    assert await found(goods, item) == {SignalKind.NOT_DELIVERED: {"count": 1, "days": 180}}


async def test_a_payment_from_another_country_is_a_sign(goods: Goods) -> None:
    goods = with_risk(goods, RiskRules(other_country=1))
    item = await goods.ask()
    for country, facts in ((None, {}), ("CN", {}), ("US", {"delivery": "CN", "payment": "US"})):
        async with goods.engine.begin() as connection:
            await connection.execute(
                update(tables.shop_payments).where(tables.shop_payments.c.id == "p-card").values(country=country)
            )
        assert await found(goods, item) == ({SignalKind.OTHER_COUNTRY: facts} if facts else {})


async def test_an_address_that_was_just_changed_is_a_sign(goods: Goods) -> None:
    goods = with_risk(goods, RiskRules(address_changed=Recent(days=7, points=1)))
    await add_unsent(goods)
    unsent = Unsent(goods)
    await unsent.ask(move_to(), key="a")
    goods.clock.advance(hours=30)
    change = await unsent.ask(cancel(cap=1), key="b")
    [refund] = await unsent.refunds(change)
    async with goods.ctx.unit_of_work(read_only=True) as uow:
        [signal] = (await uow.reviews.grounds(refund.id)).signals
    assert (signal.kind, signal.facts) == (SignalKind.ADDRESS_CHANGED, {"days": 2})


async def test_signs_lower_what_goes_by_itself_and_are_kept_with_the_refund(goods: Goods) -> None:
    """Shoes for 129.00, far below the limit of 1000.00; three points leave 20 percent, five nothing."""
    policy = goods.ctx.policy
    risk = replace(policy.approvals.risk, new_customer=Recent(days=30, points=5))
    item = await with_risk(goods, risk).arrived((SHOES, 1))
    assert {refund.state for refund in await goods.refunds(item)} == {RefundState.AWAITING_APPROVAL}
    assert [case.reason for case in await goods.cases()] == ["refund_approval"]
    for refund in await goods.refunds(item):
        async with goods.ctx.unit_of_work(read_only=True) as uow:
            [signal] = (await uow.reviews.grounds(refund.id)).signals
        assert (signal.kind, signal.points) == (SignalKind.NEW_CUSTOMER, 5)


@pytest.mark.parametrize(
    "again",
    [
        {},
        {"quality": 40},
        {"size": (320, 240)},
        {"size": (1600, 1200), "quality": 70},
        {"kind": "PNG"},
        {"kind": "WEBP", "quality": 60},
    ],
    ids=str,
)
async def test_a_photo_of_another_customer_is_known_again(
    goods: Goods, tmp_path: Path, again: dict[str, object]
) -> None:
    for seed in range(4):
        await send(goods, tmp_path, picture(seed), customer="c-emma")
    photo = await send(goods, tmp_path, picture(2, **again), customer="c-lin")  # type: ignore[arg-type]
    item = await broken(goods, photo)
    assert (await found(goods, item))[SignalKind.REUSED_PHOTO] == {"count": 1}


async def test_other_photos_and_photos_of_guests_and_of_the_same_talk_are_no_sign(
    goods: Goods, tmp_path: Path
) -> None:
    for seed in range(20):
        await send(goods, tmp_path, picture(seed), customer="c-emma")
    await send(goods, tmp_path, picture(99), customer=None)
    photo = await send(goods, tmp_path, picture(99), customer="c-lin")
    await store_attachment(
        goods.ctx, folder=tmp_path, conversation_id=photo.conversation_id, name="2", content=picture(99)
    )
    assert SignalKind.REUSED_PHOTO not in await found(goods, await broken(goods, photo))


async def test_the_customers_own_photo_is_a_sign_with_another_order_only(goods: Goods, tmp_path: Path) -> None:
    first = await broken(goods, await send(goods, tmp_path, picture(5), customer="c-lin"), key="a")
    again = await send(goods, tmp_path, picture(5), customer="c-lin")
    item = await broken(goods, again, key="b")
    assert SignalKind.REUSED_PHOTO not in await found(goods, item)
    async with goods.ctx.unit_of_work() as uow:
        elsewhere = replace(first, id="other", number="RT0", key="other", order_id="o0")
        await uow.returns.add(elsewhere)
    assert SignalKind.REUSED_PHOTO in await found(goods, item)


async def test_a_photo_that_shows_nothing_is_like_no_other(goods: Goods, tmp_path: Path) -> None:
    plain = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(plain, "JPEG")
    await send(goods, tmp_path, plain.getvalue(), customer="c-emma")
    photo = await send(goods, tmp_path, plain.getvalue(), customer="c-lin")
    async with goods.ctx.unit_of_work(read_only=True) as uow:
        assert await uow.photos.of_conversation(photo.conversation_id) == []
    assert SignalKind.REUSED_PHOTO not in await found(goods, await broken(goods, photo))
