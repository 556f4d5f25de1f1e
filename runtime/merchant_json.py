"""What the merchant API shows of returns, refunds, cases and conversations; webhooks show the same."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from aftersales.domain.cases import Case
from aftersales.domain.conversations import Conversation
from aftersales.domain.journal import Entry
from aftersales.domain.refunds import Refund
from aftersales.services.overview import FullReturn
from connectors.web.payloads import instant, money_json


def return_json(full: FullReturn) -> dict[str, Any]:
    """`history` is empty in lists."""
    item = full.item
    return {
        "number": item.number,
        "status": item.state.value,
        "needs_human": item.needs_human,
        "order_number": item.order_number,
        "customer_id": item.customer_id,
        "reason": item.reason.value,
        "comment": item.comment,
        "rule_id": item.rule_id,
        "policy_version": item.policy_version,
        "remedy": item.remedy.value,
        "amount": money_json(item.amount),
        "to_pay": money_json(item.to_pay) if item.to_pay else None,
        "fee": money_json(item.fee),
        "who_pays_shipping": item.who_pays_shipping,
        "lines": [
            {
                "line_id": line.line_id,
                "quantity": line.quantity,
                "amount": money_json(line.amount),
                "replacement_variant_id": line.replacement.variant_id if line.replacement else None,
                "condition": line.condition.value if line.condition else None,
                "deduction": money_json(line.deduction) if line.deduction else None,
            }
            for line in item.lines
        ],
        "created_at": instant(item.created_at),
        "updated_at": instant(item.updated_at),
        "refunds": [refund_json(refund) for refund in full.refunds],
        "history": history_json(full.journal),
    }


def refund_json(refund: Refund) -> dict[str, Any]:
    return {
        "id": refund.id,
        "status": refund.state.value,
        "order_number": refund.order_number,
        "customer_id": refund.customer_id,
        "amount": money_json(refund.amount),
        "failure": refund.failure,
        "by_hand": refund.by_hand,
        "cause": {"kind": refund.cause_kind.value, "number": refund.cause_number},
        "created_at": instant(refund.created_at),
        "updated_at": instant(refund.updated_at),
    }


def case_json(case: Case) -> dict[str, Any]:
    return {
        "number": case.number,
        "kind": case.kind.value,
        "state": case.state.value,
        "severity": case.severity.value,
        "department": case.department,
        "order_number": case.order_number,
        "return_number": case.return_number,
        "reason": case.reason,
        "summary": case.summary,
        "conversation_id": case.conversation_id,
        "customer_id": case.customer_id,
        "created_at": instant(case.created_at),
        "promised_by": instant(case.promised_by),
        "closed_at": _moment(case.closed_at),
    }


def conversation_json(conversation: Conversation) -> dict[str, Any]:
    """What is known about a talk, and nothing of what was said in it."""
    return {
        "id": conversation.id,
        "channel": conversation.channel,
        "owner": conversation.owner.value,
        "language": conversation.language,
        "customer_id": conversation.customer_id,
        "messages": conversation.last_seq,
        "created_at": instant(conversation.created_at),
        "updated_at": instant(conversation.updated_at),
    }


def history_json(journal: Iterable[Entry]) -> list[dict[str, Any]]:
    """Oldest first, as the journal is given."""
    return [
        {"trigger": entry.trigger, "to": entry.to_state, "actor": entry.actor, "at": instant(entry.at)}
        for entry in journal
    ]


def _moment(at: datetime | None) -> str | None:
    return None if at is None else instant(at)
