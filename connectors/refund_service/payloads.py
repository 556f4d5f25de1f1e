"""What a shop's own refund service is sent and answers: docs/connectors/refund-service.md tells its authors."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from aftersales.domain.money import Money, minor_digits
from aftersales.domain.orders import Payment
from aftersales.ports import ProviderRefund


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


def asked(payment: Payment, *, amount: Money, key: str, reason: str) -> dict[str, Any]:
    """The body of a request for a refund."""
    return {
        "key": key,
        "payment_id": payment.id,
        "provider": payment.provider,
        "amount": amount.decimal(),
        "currency": amount.currency,
        "reason": reason,
    }
