"""Cards have the shapes that the API's description tells of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from actions.cards import Card, order_card, return_card, verdict_card
from aftersales.domain.reasons import Reason
from aftersales.domain.remedies import Remedy, Wish
from aftersales.domain.texts import Language
from aftersales.services.return_views import access_return
from aftersales.services.returns import quote_return
from tests.goods import COAT, SHOES, Goods, open_goods
from tests.project_data import ROOT, read_yaml

LANGUAGES: tuple[Language, ...] = ("zh", "en")


@pytest.fixture
async def goods(tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods("sqlite", tmp_path) as opened:
        yield opened


def is_described(card: Card) -> bool:
    described = read_yaml(ROOT / "runtime" / "api_docs" / "openapi.yml")
    schema: dict[str, Any] = {"$ref": "#/components/schemas/Card", "components": described["components"]}
    return jsonschema_rs.is_valid(schema, card)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_order_is_drawn_as_described(goods: Goods, language: Language) -> None:
    assert is_described(order_card(await goods.order(), language))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("line", [SHOES, COAT])
async def test_a_verdict_is_drawn_as_described(goods: Goods, line: str, language: Language) -> None:
    order = await goods.order()
    for review, wish in ((True, Wish()), (False, Wish(remedy=Remedy.REFUND_ONLY))):
        quote = await quote_return(goods.ctx, order=order, items=[(line, 1)], reason=Reason.WRONG_SIZE, wish=wish)
        assert is_described(verdict_card(order, quote, language, review=review))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_return_is_drawn_as_described_from_asking_to_its_refund(goods: Goods, language: Language) -> None:
    for item in (await goods.ask((COAT, 1)), await goods.arrived((SHOES, 1), key="k2")):
        view = await access_return(goods.ctx, customer_id="c-lin", number=item.number)
        assert is_described(return_card(view, await goods.order(), language, "Send it back"))


async def test_a_card_with_anything_else_is_not_as_described(goods: Goods) -> None:
    card = order_card(await goods.order(), "en")
    for wrong in ({**card, "type": "poem"}, {**card, "more": 1}, {**card, "total": 3}):
        assert not is_described(wrong)
