"""People at the desk who file something in a customer's stead, out of the chat that they have with them."""

from __future__ import annotations

from dataclasses import dataclass

from aftersales.domain.accounts import Account, Right
from aftersales.domain.errors import Invalid, NotFound
from aftersales.ports import UnitOfWork
from aftersales.services.conversations import clean_text
from aftersales.services.handoff_access import access_chat

_LONGEST_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """`exception` is why windows that have closed count as met; empty where they do not."""

    account: Account
    exception: str = ""


def exception_reason(given: str) -> str:
    """The reason for an exception, cleaned. Raises Invalid("exception") for none and above 500 characters."""
    reason = clean_text(given)
    if not reason or len(reason) > _LONGEST_REASON:
        raise Invalid("exception")
    return reason


async def check_stand_in(
    uow: UnitOfWork, stand_in: StandIn, *, conversation_id: str | None, customer_id: str | None
) -> None:
    """Whether this person may file for this customer now; locks the conversation.

    Raises Forbidden, NotFound when the chat is that of another customer or of nobody known, and Taken or Conflict
    when this person does not have it (any more).
    """
    account = await uow.accounts.get(stand_in.account.id)
    account.check(Right.HANDLE_RETURNS)
    if stand_in.exception:
        account.check(Right.GRANT_EXCEPTIONS)
    conversation, _ = await access_chat(uow, account, conversation_id or "")
    if conversation.customer_id is None or conversation.customer_id != customer_id:
        raise NotFound("customer")
