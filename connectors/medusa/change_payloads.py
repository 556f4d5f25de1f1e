"""What Medusa 2 tells about returns, exchanges and other changes of an order, as far as we read it."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime

from connectors.medusa.payloads import Wire

RETURN_FIELDS = "id,status,order_id,exchange_id,location_id,metadata,created_at,*items"
EXCHANGE_FIELDS = "id,order_id,return_id,metadata,created_at,canceled_at,*additional_items"
CHANGE_FIELDS = "id,status,change_type,return_id,exchange_id,internal_note,created_at"


class ReturnItem(Wire):
    """Medusa tells here only what came with the last parcel: what came in all stands in the order's changes."""

    item_id: str
    quantity: int


class ReturnRow(Wire):
    """`status` is open, requested, partially_received, received or canceled."""

    id: str
    status: str
    order_id: str
    exchange_id: str | None = None
    location_id: str | None = None
    metadata: dict[str, Any] | None = None
    created_at: AwareDatetime
    items: tuple[ReturnItem, ...] = ()


class ExchangeItem(Wire):
    item_id: str | None = None
    quantity: int


class ExchangeRow(Wire):
    id: str
    order_id: str
    return_id: str | None = None
    metadata: dict[str, Any] | None = None
    created_at: AwareDatetime
    canceled_at: AwareDatetime | None = None
    additional_items: tuple[ExchangeItem, ...] = ()


class ChangeRow(Wire):
    """`change_type` is return_request, return_receive, exchange, claim, edit, …; `internal_note` may be ours."""

    id: str
    status: str
    change_type: str | None = None
    return_id: str | None = None
    exchange_id: str | None = None
    internal_note: str | None = None
    created_at: AwareDatetime


class ActionDetails(Wire):
    """`reference_id` is the item where the step is about one."""

    reference_id: str | None = None
    quantity: int = 0


class ActionRow(Wire):
    """One step of a change, such as RECEIVE_RETURN_ITEM; `reference_id` is the return where it is about one."""

    action: str
    reference_id: str | None = None
    details: ActionDetails | None = None


class ActedRow(Wire):
    """A change with its steps."""

    actions: tuple[ActionRow, ...] = ()
