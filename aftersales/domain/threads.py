"""A customer's thread in a messaging app: where it stands, and what may still be sent in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from aftersales.domain.channels import Grant, Refusal, Sender

_LONG = timedelta(hours=1)  # as after a message: no click allows as much


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many messages may still be sent, and until when. `left` None: as many as one likes, at any time."""

    left: int | None = None
    until: datetime | None = None

    def at(self, now: datetime) -> int | None:
        """How many may be sent now; None for as many as one likes."""
        if self.left is None:
            return None
        return self.left if self.until is not None and now < self.until else 0

    def renewed(self, grant: Grant | None, *, at: datetime) -> Allowance:
        """As the customer's newest deed has it: allowances do not add up, the last one counts.

        One that would have been over sooner is that of an older message which came late, and changes nothing;
        short ones, of clicks, always count.

        Source: Tencent's page on customer messages of mini-programs; taken for service accounts as well, where
        nothing else is said, since too few messages do no harm.
        """
        if grant is None:
            return self
        until = at + grant.lasts
        is_late = grant.lasts >= _LONG and self.until is not None and until < self.until
        return self if is_late else Allowance(grant.messages, until)

    def spent(self) -> Allowance:
        """After one more message."""
        return self if self.left is None else replace(self, left=max(0, self.left - 1))


NOTHING_LEFT = Allowance(0)
UNLIMITED = Allowance()


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """`sender.id` is "" for a whole account, from which its pushes are pulled behind `cursor`.

    `customer_id` is set once the customer has proven who that is. `sent_seq` numbers the newest message of the
    conversation that has been sent (or need not be); those up to `sending_seq` are being sent as one piece.
    `gone`: the customer has left or blocked the account. `failures` counts tries that failed in a row; `due_at` is
    when the thread is looked at next, None when there is no need.
    """

    id: str
    sender: Sender
    conversation_id: str | None = None
    customer_id: str | None = None
    allowance: Allowance = NOTHING_LEFT
    sent_seq: int = 0
    sending_seq: int = 0
    cursor: str = ""
    gone: bool = False
    failures: int = 0
    due_at: datetime | None = None


class DeliveryState(StrEnum):
    """`sending` was written before the call: after a crash nobody knows. `taken` is not yet delivered."""

    SENDING = "sending"
    TAKEN = "taken"
    DELIVERED = "delivered"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message sent to an app: what it carries up to which number, and what became of it.

    `key` is the same whenever the same is sent again. `reference` is the app's own name of it. `reason` is the
    app's word for why it failed, or the Refusal.
    """

    key: str
    thread_id: str
    last_seq: int
    state: DeliveryState
    reference: str = ""
    reason: str = ""
    at: datetime

    @property
    def is_settled(self) -> bool:
        return self.state is not DeliveryState.SENDING

    def refused(self, refusal: Refusal) -> Delivery:
        return replace(self, state=DeliveryState.REFUSED, reason=refusal.value)
