"""Answers a GraphQL document from plain objects: fields are values, or functions of their arguments.

A field that an object does not have is an error of the test, not null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import FieldNode, OperationDefinitionNode, parse, value_from_ast_untyped
from graphql.language import InlineFragmentNode, SelectionSetNode

Object = Mapping[str, Any]


def answer(document: str, root: Object, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The data of one operation. `root` holds queries and mutations; these get `idempotent` as an argument."""
    (operation,) = (node for node in parse(document).definitions if isinstance(node, OperationDefinitionNode))
    return _picked(operation.selection_set, root, variables)


def page(rows: Sequence[Object]) -> Callable[..., Object]:
    """A connection whose cursors are places in the list."""

    def pick(*, first: int, after: str | None = None, **_: Any) -> Object:
        begin = int(after or 0)
        end = min(begin + first, len(rows))
        info = {"hasNextPage": end < len(rows), "endCursor": str(end)}
        return {"pageInfo": info, "nodes": list(rows[begin:end])}

    return pick


def firsts(rows: Sequence[Object]) -> Callable[..., list[Object]]:
    """A list of which one can only ask the first so many."""
    return lambda *, first: list(rows[:first])


def _picked(selection: SelectionSetNode, source: Object, variables: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for node in selection.selections:
        if isinstance(node, InlineFragmentNode):
            assert node.type_condition is not None
            if source.get("__typename") == node.type_condition.name.value:
                found |= _picked(node.selection_set, source, variables)
        elif isinstance(node, FieldNode):
            found[node.name.value] = _value(node, source[node.name.value], variables)
    return found


def _value(node: FieldNode, value: Any, variables: Mapping[str, Any]) -> Any:
    if callable(value):
        given = {
            arg.name.value: value_from_ast_untyped(arg.value, dict(variables)) for arg in node.arguments or ()
        }
        for directive in node.directives or ():
            (key,) = directive.arguments or ()
            given[directive.name.value] = value_from_ast_untyped(key.value, dict(variables))
        value = value(**given)
    if value is None or node.selection_set is None:
        return value
    if isinstance(value, list):
        return [_picked(node.selection_set, item, variables) for item in value]
    return _picked(node.selection_set, value, variables)
