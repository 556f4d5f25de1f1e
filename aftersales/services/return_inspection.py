"""The state in which goods came back: noted with the parcel, deducted and told before any money goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from aftersales.domain.errors import Conflict, Invalid
from aftersales.domain.goods_condition import GoodsCondition
from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.domain.policy_deductions import with_deductions
from aftersales.domain.policy_rules import Policy
from aftersales.domain.policy_words import money_words
from aftersales.domain.returns import Return, ReturnLine
from aftersales.domain.texts import Text
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.news import tell_later

Conditions = Mapping[str, GoodsCondition]


def with_conditions(item: Return, conditions: Conditions) -> Return:
    """The return with the condition of each line (by line id) noted. Raises Invalid for a line that it has not."""
    if conditions.keys() - {line.line_id for line in item.lines}:
        raise Invalid("conditions")
    lines = (replace(line, condition=conditions.get(line.line_id, line.condition)) for line in item.lines)
    return replace(item, lines=tuple(lines))


def check_conditions(item: Return, conditions: Conditions) -> None:
    """Raises Conflict when other conditions were noted already: by them the money was reckoned."""
    noted = {line.line_id: line.condition for line in item.lines}
    if any(noted.get(line_id) is not condition for line_id, condition in conditions.items()):
        raise Conflict("inspected already")


async def deduct(ctx: Context, uow: UnitOfWork, item: Return, *, order: Order) -> Return:
    """Takes off what the policy of the return's version keeps for the noted conditions, and tells why.

    The caller holds the return's lock and grants the refund of what is left in the same transaction, so that the
    customer hears of the rule before the money goes.
    """
    policy = ctx.policy_named(item.policy_version)
    deducted = with_deductions(policy, item, order=order, zone=ctx.zone)
    if deducted is item:
        return item
    await uow.returns.assess(deducted)
    kept = item.amount - deducted.amount
    why = [_why(policy, line, order) for line in deducted.lines if line.deduction]
    await tell_later(
        ctx,
        uow,
        deducted,
        "utter_returns_deducted",
        key=f"return-deducted:{item.id}",
        amount=deducted.amount.decimal(),
        currency=deducted.amount.currency,
        kept={"zh": money_words(kept).zh, "en": money_words(kept).en},
        why={"zh": "".join(text.zh for text in why), "en": " ".join(text.en for text in why)},
    )
    return deducted


def deduction_detail(before: Return, after: Return) -> dict[str, object]:
    """For the journal: what was agreed, and which rule keeps how much of which line."""
    if before.amount == after.amount:
        return {}
    return {
        "agreed": before.amount.decimal(),
        "deductions": [
            {"line": line.line_id, "rule": line.deduction_rule, "kept": line.deduction.decimal()}
            for line in after.lines
            if line.deduction
        ],
    }


def _why(policy: Policy, line: ReturnLine, order: Order) -> Text:
    """The title of the goods and the rule with its amount."""
    rule = next(rule for rule in policy.deductions if rule.id == line.deduction_rule)
    kept = line.deduction or Money.zero(line.amount.currency)
    told, title = rule.about({"deduction": money_words(kept)}), order.line(line.line_id).title
    return Text(f"{title.zh}：{told.zh}", f"{title.en}: {told.en}")
