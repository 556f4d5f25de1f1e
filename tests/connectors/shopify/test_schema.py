"""What we ask of Shopify against Shopify's own schema; `make test-shopify` fetches it."""

from __future__ import annotations

import os
from typing import Any

import pytest
from graphql import (
    GraphQLSchema,
    NoDeprecatedCustomRule,
    OperationDefinitionNode,
    build_client_schema,
    get_variable_values,
    parse,
    validate,
)

from aftersales.domain.money import Money
from aftersales.domain.orders import Address
from connectors.shopify import documents
from tests.connectors.shopify.schema import VARIABLE, introspection
from tests.connectors.shopify.world import ShopifyWorld, open_shopify

# Nothing where there is no schema, so that nothing is skipped there.
DOCUMENTS = [pytest.param(d, marks=pytest.mark.shopify_schema) for d in documents.ALL if os.environ.get(VARIABLE)]


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_client_schema(introspection(), assume_valid=True)


async def write_everything(world: ShopifyWorld) -> None:
    """Each mutation of ours once, and what is read for it."""
    shop = world.shop
    one = await shop.request_return(order_id="o1", lines=[("o1-a", 1), ("o1-b", 1)], key="a")
    await shop.receive_return(one)
    await shop.write_off_return(await shop.request_return(order_id="o1", lines=[("o1-b", 1)], key="b"))
    await shop.cancel_return(await shop.request_return(order_id="o1", lines=[("o1-b", 1)], key="c"))
    payment = await world.payment()
    await world.payments.refund(payment, amount=Money(9950, "CNY"), key="d", reason="other")
    world.add("o2")
    address = Address(name="Emma Brown", phone="+16135550100", lines=("1 Main St",), city="Ottawa", region="ON")
    await shop.change_address(order_id="o2", address=address, key="e")
    await shop.cancel_units(order_id="o2", units=[("o2-a", 1), ("o2-b", 3)], key="f")


def faults_of(schema: GraphQLSchema, document: str, variables: dict[str, Any]) -> list[str]:
    """What Shopify's types say against these variables."""
    (operation,) = (node for node in parse(document).definitions if isinstance(node, OperationDefinitionNode))
    told = get_variable_values(schema, operation.variable_definitions or (), variables)
    return [error.message for error in told] if isinstance(told, list) else []


async def test_every_mutation_is_among_those_that_are_written_here() -> None:
    async with open_shopify() as world:
        await write_everything(world)
        mutations = {text for text in documents.ALL if text.strip().startswith("mutation")}
        assert mutations <= {document for document, _ in world.fake.asked}


if DOCUMENTS:

    @pytest.mark.shopify_schema
    async def test_what_is_written_has_the_form_that_shopify_takes(schema: GraphQLSchema) -> None:
        async with open_shopify() as world:
            await write_everything(world)
        assert [fault for asked in world.fake.asked for fault in faults_of(schema, *asked)] == []
        assert faults_of(schema, documents.ORDER_UPDATE, {"input": {"id": "1", "x": 1}}) != []

    @pytest.mark.parametrize("document", DOCUMENTS, ids=lambda text: text.split("(")[0].split()[1])
    def test_a_document_is_what_shopify_understands_and_nothing_in_it_is_deprecated(
        document: str, schema: GraphQLSchema
    ) -> None:
        assert [error.message for error in validate(schema, parse(document))] == []
        assert [error.message for error in validate(schema, parse(document), [NoDeprecatedCustomRule])] == []


def test_every_document_is_in_the_list_that_is_validated() -> None:
    written = {
        text
        for name, text in vars(documents).items()
        if name.isupper() and not name.startswith("_") and isinstance(text, str)
    }
    assert written == set(documents.ALL)
