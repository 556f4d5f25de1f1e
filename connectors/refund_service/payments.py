"""Payments over a small HTTP service of the shop's own, which refunds by whatever providers the shop has."""

from __future__ import annotations

from decimal import Decimal
from types import TracebackType
from typing import Annotated, Any, Literal, NoReturn, Self
from urllib.parse import quote

import httpx
import structlog
from pydantic import BaseModel, ConfigDict, Field

from aftersales.domain.errors import OutcomeUnknown, ProviderRejected, Unavailable
from aftersales.domain.money import Money, minor_digits
from aftersales.domain.orders import Payment
from aftersales.ports import PaymentRequest, ProviderRefund

log = structlog.get_logger("returndesk.refund_service")

# Nothing can have reached the service.
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
# The service says that it did nothing.
_BUSY = frozenset({429, 503})
_LONGEST_CODE = 200
_LONGEST_ANSWER = 64 * 1024


class Told(BaseModel):
    """A refund as the service tells it. Amounts are decimal strings in major units, exact to the minor unit."""

    model_config = ConfigDict(strict=True, extra="ignore")

    reference: Annotated[str, Field(min_length=1, max_length=100)]
    status: Literal["pending", "succeeded", "failed"]
    amount: Annotated[str, Field(pattern=r"^\d{1,12}(\.\d{1,3})?$")]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    failure: Annotated[str, Field(max_length=200)] | None = None

    def refund(self) -> ProviderRefund:
        """Raises ValueError for an amount finer than the currency's minor unit."""
        amount = Decimal(self.amount)
        if amount != round(amount, minor_digits(self.currency)):
            raise ValueError("an amount finer than the minor unit")
        return ProviderRefund(
            reference=self.reference,
            status=self.status,
            amount=Money.parse(amount, self.currency),
            failure=self.failure,
        )


class RefundService:
    """`url` is the root of the service, `token` its bearer token, `timeout` in seconds for one call.

    It need not know keys: a refund is asked for again only after `find_refund` has found nothing under its key.
    """

    def __init__(
        self, *, url: str, token: str, timeout: float = 15.0, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._client = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            timeout=httpx.Timeout(timeout, connect=min(timeout, 5.0)),
            follow_redirects=False,
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def refund(self, payment: Payment, *, amount: Money, key: str, reason: str) -> ProviderRefund:
        """Asks for a refund once.

        Raises Unavailable when the request never left or the service answers 429 or 503, ProviderRejected for 422,
        and OutcomeUnknown for everything else that is no refund: another status, a lost or unreadable answer.
        """
        body = _asked(payment, amount=amount, key=key, reason=reason)
        try:
            answer = await self._client.post("/refunds", json=body, headers={"Idempotency-Key": key})
        except _NEVER_SENT as error:
            _fail(Unavailable, type(error).__name__, error)
        except httpx.HTTPError as error:
            _fail(OutcomeUnknown, type(error).__name__, error)
        if answer.status_code in _BUSY:
            raise Unavailable(f"status {answer.status_code}")
        if answer.status_code == 422:
            raise ProviderRejected(_code(answer))
        if not answer.is_success:
            log.error("refund_service_failed", status=answer.status_code)
            raise OutcomeUnknown(f"status {answer.status_code}")
        try:
            return _told(answer)
        except ValueError as error:
            _fail(OutcomeUnknown, "unreadable answer", error)

    async def find_refund(self, key: str) -> ProviderRefund | None:
        """None for 404. Raises Unavailable for everything else that is no refund."""
        try:
            answer = await self._client.get(f"/refunds/{quote(key, safe='')}")
            if answer.status_code == 404:
                return None
            if answer.is_success:
                return _told(answer)
        except (httpx.HTTPError, ValueError) as error:
            _fail(Unavailable, type(error).__name__, error)
        raise Unavailable(f"status {answer.status_code}")

    async def request_payment(self, *, order_id: str, amount: Money, key: str) -> PaymentRequest:
        """A refund service asks nobody for money. Raises ProviderRejected."""
        raise ProviderRejected("no_payment_requests")

    async def find_payment(self, key: str) -> PaymentRequest | None:
        return None

    async def cancel_payment(self, key: str) -> None:
        """There is none."""


def _asked(payment: Payment, *, amount: Money, key: str, reason: str) -> dict[str, Any]:
    """The body of a request for a refund."""
    return {
        "key": key,
        "payment_id": payment.id,
        "provider": payment.provider,
        "amount": amount.decimal(),
        "currency": amount.currency,
        "reason": reason,
    }


def _told(answer: httpx.Response) -> ProviderRefund:
    """Raises ValueError (pydantic's is one) for what is no refund."""
    if len(answer.content) > _LONGEST_ANSWER:
        raise ValueError("too long an answer")
    return Told.model_validate_json(answer.content).refund()


def _code(answer: httpx.Response) -> str:
    try:
        code = answer.json()["code"]
    except (ValueError, KeyError, TypeError):
        return "rejected"
    return str(code)[:_LONGEST_CODE]


def _fail(kind: type[Unavailable | OutcomeUnknown], detail: str, cause: Exception) -> NoReturn:
    """Without the words of the cause, which may hold the address with its secrets."""
    log.warning("refund_service_trouble", error=type(cause).__name__)
    raise kind(detail) from None
