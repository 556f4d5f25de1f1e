"""What we ask of Shopify against Shopify's own schema; `make test-shopify` fetches it."""

from __future__ import annotations

import os

import pytest
from graphql import GraphQLSchema, NoDeprecatedCustomRule, build_client_schema, parse, validate

from connectors.shopify import documents
from tests.connectors.shopify.schema import VARIABLE, introspection

# Nothing where there is no schema, so that nothing is skipped there.
DOCUMENTS = [pytest.param(d, marks=pytest.mark.shopify_schema) for d in documents.ALL if os.environ.get(VARIABLE)]


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_client_schema(introspection(), assume_valid=True)


if DOCUMENTS:

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
