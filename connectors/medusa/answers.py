"""Answers of Medusa as objects that are checked; an answer of another shape is no answer."""

from __future__ import annotations

from typing import Any, TypeVar

import structlog
from pydantic import ValidationError

from aftersales.domain.errors import Unavailable
from connectors.medusa.payloads import Wire

log = structlog.get_logger("returndesk.medusa")
Told = TypeVar("Told", bound=Wire)


def one_in(answer: Any, name: str, kind: type[Told]) -> Told:
    """The object of this name in an answer. Raises Unavailable."""
    return parsed(kind, answer.get(name) if isinstance(answer, dict) else None)


def all_in(answer: Any, name: str, kind: type[Told]) -> list[Told]:
    """The objects of the list of this name in an answer. Raises Unavailable."""
    rows = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        log.error("medusa_answer_malformed", kind=kind.__name__)
        raise Unavailable("medusa")
    return [parsed(kind, row) for row in rows]


def parsed(kind: type[Told], told: Any) -> Told:
    """Raises Unavailable; what is wrong is logged by its place, without values."""
    try:
        return kind.model_validate(told)
    except ValidationError as error:
        places = [".".join(map(str, item["loc"])) for item in error.errors(include_input=False)[:5]]
        log.error("medusa_answer_malformed", kind=kind.__name__, places=places)
        raise Unavailable("medusa") from None
