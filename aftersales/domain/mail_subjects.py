"""Which subject a mail has: the response that names it, by the response that is told in it.

A subject stands in notifications on locked screens: it says a number and an outcome, no more.
"""

from __future__ import annotations

from collections.abc import Mapping

SUBJECTS: Mapping[str, str] = {
    "utter_mail_code": "utter_mail_code_subject",
    "utter_channel_waiting": "utter_mail_subject_answer",
    "utter_channel_answered": "utter_mail_subject_answer",
    "utter_returns_filed_by_agent": "utter_mail_subject_return_filed",
    "utter_returns_approved": "utter_mail_subject_return_approved",
    "utter_returns_rejected": "utter_mail_subject_return_rejected",
    "utter_returns_received": "utter_mail_subject_return_received",
    "utter_returns_deducted": "utter_mail_subject_return_deducted",
    "utter_exchanges_filed_by_agent": "utter_mail_subject_exchange_filed",
    "utter_exchanges_approved": "utter_mail_subject_exchange_approved",
    "utter_exchanges_rejected": "utter_mail_subject_exchange_rejected",
    "utter_exchanges_pay": "utter_mail_subject_exchange_pay",
    "utter_exchanges_pay_by_person": "utter_mail_subject_exchange_goes_ahead",
    "utter_exchanges_paid": "utter_mail_subject_exchange_paid",
    "utter_exchanges_lapsed": "utter_mail_subject_exchange_lapsed",
    "utter_exchanges_resend": "utter_mail_subject_exchange_resend",
    "utter_exchanges_received": "utter_mail_subject_exchange_received",
    "utter_exchanges_shipped": "utter_mail_subject_exchange_shipped",
    "utter_exchanges_promise_late": "utter_mail_subject_exchange_late",
    "utter_refunds_filed_by_agent": "utter_mail_subject_refund_filed",
    "utter_refunds_approved": "utter_mail_subject_refund_approved",
    "utter_refunds_rejected": "utter_mail_subject_refund_rejected",
    "utter_refunds_succeeded": "utter_mail_subject_refund_sent",
    "utter_refunds_external": "utter_mail_subject_refund_sent",
    "utter_refunds_paid_by_hand": "utter_mail_subject_refund_sent",
    "utter_refunds_trouble": "utter_mail_subject_refund_trouble",
    "utter_refunds_lowered": "utter_mail_subject_refund_lowered",
    "utter_refunds_not_granted": "utter_mail_subject_refund_not_granted",
    "utter_refunds_promise_late": "utter_mail_subject_refund_late",
    "utter_orders_change_applied": "utter_mail_subject_change_applied",
    "utter_orders_change_rejected": "utter_mail_subject_change_rejected",
    "utter_orders_change_failed": "utter_mail_subject_change_failed",
    "utter_complaints_promise_late": "utter_mail_subject_answer_late",
    "utter_complaints_watch_delivered": "utter_mail_subject_parcel_delivered",
    "utter_complaints_watch_late": "utter_mail_subject_parcel_late",
    "utter_session_bot_failed": "utter_mail_subject_case_filed",
}

# Told in a talk outside a turn of the bot, and of no use anywhere else.
NOT_MAILED = frozenset({"utter_session_bot_trouble"})


def subject_of(response: str) -> str:
    """Raises KeyError for a response that is not told outside of its talk."""
    return SUBJECTS[response]
