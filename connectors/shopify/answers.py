"""Answers of Shopify: most failures come with HTTP status 200, as `errors` or as `userErrors` of a payload."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

import httpx
import structlog
from pydantic import ValidationError

from aftersales.domain.errors import OutcomeUnknown, Unavailable
from connectors.shopify.payloads import Wire

log = structlog.get_logger("returndesk.shopify")
Told = TypeVar("Told", bound=Wire)
_USUAL_WAIT = 2.0  # seconds, where Shopify does not say how long
# Shopify says these before it does anything.
_UNDONE = {"THROTTLED", "ACCESS_DENIED", "MAX_COST_EXCEEDED", "SHOP_INACTIVE"}


class Declined(Exception):
    """Shopify understood a mutation and will not do it as things stand. Never leaves this connector.

    `detail` is Shopify's own messages: they name goods and ids, and are not for customers. `codes` are those that
    Shopify gives, which it does not with every mutation.
    """

    def __init__(self, detail: str, *, codes: frozenset[str] = frozenset()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.codes = codes


class Throttled(Exception):
    """Nothing was done; there is room for the request again in `seconds`. Never leaves this connector."""

    def __init__(self, seconds: float) -> None:
        super().__init__(str(seconds))
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Answer:
    data: dict[str, Any]


def read_answer(response: httpx.Response, *, writes: bool) -> Answer:
    """Raises Throttled, Unavailable and, of mutations, OutcomeUnknown.

    What has errors is not believed, even where it has data as well: parts are missing then.
    """
    if response.status_code == 429:
        raise Throttled(_seconds(response.headers.get("Retry-After", "")))
    if response.status_code >= 300:
        raise _failure(response.status_code, writes=writes)
    try:
        told = json.loads(response.content, parse_float=Decimal)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        log.error("shopify_answer_malformed")
        raise _unclear(writes)
    errors = told.get("errors")
    if errors:
        raise _refusal(told, errors, writes=writes)
    data = told.get("data")
    if not isinstance(data, dict):
        log.error("shopify_answer_malformed")
        raise _unclear(writes)
    return Answer(data)


def payload_of(answer: Answer) -> dict[str, Any]:
    """The payload of the one mutation. Raises Declined, OutcomeUnknown."""
    payloads = list(answer.data.values())
    if len(payloads) != 1 or not isinstance(payloads[0], dict):
        raise OutcomeUnknown("shopify")
    payload = payloads[0]
    errors = next((value for name, value in payload.items() if name.endswith("serErrors")), None) or []
    if not errors:
        return payload
    codes = frozenset(str(error["code"]) for error in errors if error.get("code"))
    if "INTERNAL_ERROR" in codes:
        raise OutcomeUnknown("shopify")
    detail = "; ".join(str(error.get("message", "")) for error in errors)[:300]
    log.info("shopify_declined", codes=sorted(codes))
    raise Declined(detail, codes=codes)


def parsed(kind: type[Told], told: Any) -> Told:
    """Raises Unavailable; what is wrong is logged by its place, without values."""
    try:
        return kind.model_validate(told)
    except ValidationError as error:
        places = [".".join(map(str, item["loc"])) for item in error.errors(include_input=False)[:5]]
        log.error("shopify_answer_malformed", kind=kind.__name__, places=places)
        raise Unavailable("shopify") from None


def _refusal(told: Mapping[str, Any], errors: Any, *, writes: bool) -> Exception:
    codes = _codes(errors)
    undone = not told.get("data") and bool(codes) and codes <= _UNDONE
    if codes == {"THROTTLED"} and undone:
        return Throttled(_room_in(told))
    log.error("shopify_failed", codes=sorted(codes), has_data=bool(told.get("data")))
    return Unavailable("shopify") if undone else _unclear(writes)


def _codes(errors: Any) -> set[str]:
    rows: Sequence[Any] = errors if isinstance(errors, list) else [errors]
    found = set()
    for row in rows:
        extensions = row.get("extensions") if isinstance(row, dict) else None
        found.add(str(extensions.get("code")) if isinstance(extensions, dict) else "")
    return found


def _room_in(told: Mapping[str, Any]) -> float:
    """Seconds until the bucket holds what the request may cost at most."""
    try:
        cost = told["extensions"]["cost"]
        status = cost["throttleStatus"]
        lacking = Decimal(cost["requestedQueryCost"]) - Decimal(status["currentlyAvailable"])
        return max(0.1, float(lacking / Decimal(status["restoreRate"])))
    except (KeyError, TypeError, ArithmeticError):
        return _USUAL_WAIT


def _seconds(text: str) -> float:
    try:
        return max(0.1, float(text))
    except ValueError:
        return _USUAL_WAIT


def _failure(status: int, *, writes: bool) -> Exception:
    """402 and 423 are of shops that are frozen or locked, 404 of an address or a version that is not there."""
    if status in {401, 403}:
        log.error("shopify_refused_key", status=status)
        return Unavailable("shopify_key")
    log.warning("shopify_answered", status=status)
    if status in {400, 402, 404, 406, 414, 423, 430} or not writes:
        return Unavailable("shopify")
    return OutcomeUnknown("shopify")


def _unclear(writes: bool) -> Exception:
    return OutcomeUnknown("shopify") if writes else Unavailable("shopify")
