"""The policy in words, so that answers about it are made from the rules themselves."""

from __future__ import annotations

from aftersales.domain.policy_rules import Policy
from aftersales.domain.texts import Language, Text


def describe(policy: Policy) -> list[tuple[str, Text]]:
    """Every rule's id and its general text, in the order of the file."""
    return [(rule.id, rule.general()) for rule in policy.rules()]


def rule_text(policy: Policy, rule_id: str) -> Text:
    """A rule's general text. Raises KeyError when there is no such rule."""
    return dict(describe(policy))[rule_id]


def facts(policy: Policy, language: Language = "zh") -> dict[str, str]:
    """What answers about the policy fill in: numbers of days, and whole rules in words.

    Days: window_days, longest_window_days, statutory_days, fault_days (the shortest of the windows for the
    merchant's fault), refund_days. Rules: window, statutory, fault_windows, category_windows, exclusions,
    shipping_no_reason, shipping_fault, shipping_free, fees, condition, photos, refund, outbound_shipping
    (empty where the shop has none). And `version`.
    """
    own = [policy.default_window, *policy.category_windows]
    groups: dict[str, list[Text]] = {
        "window": [policy.default_window.general()],
        "statutory": [policy.statutory.general()],
        "fault_windows": [rule.general() for rule in policy.fault_windows],
        "category_windows": [rule.general() for rule in policy.category_windows],
        "exclusions": [rule.general() for rule in policy.exclusions],
        "shipping_no_reason": [policy.shipping_no_reason.general()],
        "shipping_fault": [policy.shipping_fault.general()],
        "shipping_free": [rule.general() for rule in policy.shipping_free],
        "fees": [rule.general() for rule in policy.fees],
        "condition": [policy.condition.general()],
        "photos": [policy.photos.general()],
        "refund": [policy.refund.general()],
        "outbound_shipping": [policy.outbound_shipping.general()],
    }
    gap = "" if language == "zh" else " "
    return {
        "version": policy.version,
        "window_days": str(policy.default_window.days),
        "longest_window_days": str(max(window.days for window in own)),
        "statutory_days": str(policy.statutory.days),
        "fault_days": str(min(window.days for window in policy.fault_windows)),
        "refund_days": str(policy.refund.days),
        **{name: gap.join(text.of(language) for text in texts) for name, texts in groups.items()},
    }
