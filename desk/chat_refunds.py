"""A refund that waits for people, as the live desk shows it to one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aftersales.domain.accounts import Account, Right, Role, roles_with
from aftersales.domain.money import Money
from aftersales.services.context import Context
from aftersales.services.refund_overview import FullRefund
from aftersales.services.refund_reviews import limit_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ToAgree:
    """`over` is the person's limit where the total is above it; `who` are the roles that may agree to that."""

    full: FullRefund
    may_decide: bool
    has_agreed: bool
    over: Money | None
    who: Sequence[Role]

    @property
    def may_agree(self) -> bool:
        return self.may_decide and not self.has_agreed and self.over is None


def weigh_for(ctx: Context, account: Account, full: FullRefund) -> ToAgree:
    """What this person may do about it; the services ask again when they do."""
    total, may_decide = full.review.total, account.may(Right.DECIDE_REFUNDS)
    limit = limit_of(ctx, account, total.currency)
    return ToAgree(
        full=full,
        may_decide=may_decide,
        has_agreed=account.name in full.review.agreed,
        over=limit if limit is not None and total > limit else None,
        who=ctx.policy.approvals.roles_for(total) or roles_with(Right.MANAGE_ACCOUNTS),
    )
