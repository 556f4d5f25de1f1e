"""The customer's cases as the live desk shows them: those that can be settled there with what that comes to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aftersales.domain.cases import CLAIMS, CUSTOMERS_KINDS, LIVE, Case
from aftersales.domain.claims import Decision
from aftersales.services.context import Context
from desk.case_money import CaseMoney, money_of
from desk.known import Known

_NOTHING = CaseMoney(refunds=(), claim=None, compensation=None, price_drop=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToSettle:
    """`decisions` are those that settle a claim; empty where the case is none, and words resolve it."""

    case: Case
    money: CaseMoney
    decisions: Sequence[Decision]


def money_key(number: str) -> tuple[str, str]:
    """Under which the desk keeps for a while what settling a case comes to."""
    return "case", number


async def money_of_cases(ctx: Context, known: Known, cases: Sequence[Case]) -> Mapping[str, CaseMoney]:
    """By number: what settling each comes to that a person has to settle; the shop is not asked every second."""
    live = [case for case in cases if may_be_settled(case)]
    found = await asyncio.gather(*(_money(ctx, known, case) for case in live))
    return {case.number: money for case, money in zip(live, found, strict=True)}


def to_settle(cases: Sequence[Case], money: Mapping[str, CaseMoney]) -> Sequence[ToSettle]:
    """Those that wait for a person, in the order given."""
    return [
        ToSettle(
            case=case,
            money=money.get(case.number, _NOTHING),
            decisions=tuple(Decision) if case.kind in CLAIMS else (),
        )
        for case in cases
        if may_be_settled(case)
    ]


def may_be_settled(case: Case) -> bool:
    """What waits for a decision of its own (a return, a refund) is decided there, not by its case."""
    return case.state in LIVE and case.kind in CUSTOMERS_KINDS


async def _money(ctx: Context, known: Known, case: Case) -> CaseMoney:
    found: CaseMoney | None = await known.read(money_key(case.number), lambda: money_of(ctx, case))
    return found or _NOTHING
