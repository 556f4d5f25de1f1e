"""How many people have to agree to a refund: weighed when it is granted, and again whenever somebody decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aftersales.domain.accounts import Account, Right
from aftersales.domain.approvals import Approval, Grounds, Review, Step, is_agreed
from aftersales.domain.money import Money
from aftersales.domain.refunds import RESERVING, Cause, CauseKind, Refund, RefundTrigger
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.moves import By
from aftersales.services.refund_sources import Funds, sum_of
from aftersales.services.risk import signals_of

# Whose first entry in the journal tells who wanted it: the customer, or a person who settled a claim by it.
_FILED = {CauseKind.RETURN: "return", CauseKind.CHANGE: "change"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundReview:
    """Where a refund stands that waits for people.

    `total` is all that is paid, under way or waiting for its cause: this is what people agree to, so that nothing
    goes by in parts. `agreed` have agreed since it came to wait the last time (sign-in names, in their order).
    `barred` is the actor whose consent is not enough by itself, since they raised it; empty where the customer
    did, and where nobody else may agree to the total: who works alone goes on alone.
    """

    grounds: Grounds
    total: Money
    level: Review
    barred: str
    round: int
    approvals: Sequence[Approval]

    @property
    def agreed(self) -> tuple[str, ...]:
        found = (a.account for a in self.approvals if a.step is Step.APPROVE and a.round == self.round)
        return tuple(dict.fromkeys(found))

    def is_agreed_with(self, *more: str) -> bool:
        """Whether it may go on with these people's consent as well."""
        actors = [f"agent:{name}" for name in (*self.agreed, *more)]
        return is_agreed(self.level, approvers=actors, raised_by=self.barred)


async def weigh(
    ctx: Context, uow: UnitOfWork, *, cause: Cause, funds: Funds, earlier: Sequence[Refund], by: By
) -> tuple[Review, Grounds]:
    """Who has to agree to what is owed for this cause, and why. Reads only.

    `earlier` are all refunds that the cause has by now, oldest first.
    """
    signals = await signals_of(ctx, uow, cause=cause, order=funds.order, orders=funds.orders)
    grounds = Grounds(raised_by=await _raised_by(uow, cause, earlier=earlier, by=by), signals=signals)
    return _level(ctx, cause.kind, cause.amount, grounds), grounds


async def _raised_by(uow: UnitOfWork, cause: Cause, *, earlier: Sequence[Refund], by: By) -> str:
    """Who filed the cause, or had it paid the first time, if that is one of the shop's people."""
    if earlier:
        return (await uow.reviews.grounds(earlier[0].id)).raised_by
    entries = await uow.journal.of(_FILED[cause.kind], cause.id) if cause.kind in _FILED else ()
    actor = entries[0].actor if entries else by.actor if cause.kind not in _FILED else ""
    return actor if actor.startswith("agent:") else ""


async def review_of(ctx: Context, uow: UnitOfWork, refund: Refund, *, amount: Money | None = None) -> RefundReview:
    """For a decision the caller holds the locks of the refund and of its cause.

    `amount` is what is to count for this refund, where it is another one than its own.
    """
    grounds = await uow.reviews.grounds(refund.id)
    siblings = await uow.refunds.of_cause(refund.cause_id)
    total = sum_of((r for r in siblings if r.state in RESERVING), refund.amount.currency)
    if amount is not None:
        total = total - refund.amount + amount
    entries = await uow.journal.of("refund", refund.id)
    return RefundReview(
        grounds=grounds,
        total=total,
        level=max(_level(ctx, refund.cause_kind, total, grounds), Review.ONE_PERSON),
        barred=await _barred(ctx, uow, grounds.raised_by, total=total),
        round=sum(entry.trigger == RefundTrigger.HOLD for entry in entries),
        approvals=await uow.reviews.approvals([refund.id]),
    )


async def _barred(ctx: Context, uow: UnitOfWork, raised_by: str, *, total: Money) -> str:
    others = [one for one in await uow.accounts.all() if one.actor != raised_by] if raised_by else []
    return raised_by if any(_may_agree(ctx, one, total) for one in others) else ""


def _may_agree(ctx: Context, account: Account, total: Money) -> bool:
    limit = limit_of(ctx, account, total.currency)
    return account.may(Right.DECIDE_REFUNDS) and (limit is None or total <= limit)


def limit_of(ctx: Context, account: Account, currency: str) -> Money | None:
    """The highest total that the account may agree to; None: any."""
    return ctx.policy.approvals.limit(account, currency)


def _level(ctx: Context, kind: CauseKind, amount: Money, grounds: Grounds) -> Review:
    automatic = ctx.policy.automatic_limit.of(amount.currency)
    if kind is CauseKind.COMPENSATION:
        given = ctx.policy.refunds.compensation.automatic
        automatic = given.get(amount.currency, Money.zero(amount.currency))
    return ctx.policy.approvals.level(amount, automatic=automatic, signals=grounds.signals)
