"""The policy in words, so that answers about it are made from the rules themselves."""

from __future__ import annotations

from aftersales.domain.policy_rules import Policy
from aftersales.domain.policy_words import listed, money_words, same
from aftersales.domain.texts import Text


def describe(policy: Policy) -> list[tuple[str, Text]]:
    """Every rule's id and its general text, in the order of the file."""
    return [(rule.id, rule.general()) for rule in policy.rules()]


def rule_text(policy: Policy, rule_id: str) -> Text:
    """A rule's general text. Raises KeyError when there is no such rule."""
    return dict(describe(policy))[rule_id]


def placeholders(policy: Policy) -> dict[str, Text]:
    """What answers about the policy fill in, by the name that stands in braces.

    Of every rule `<id>`, its text in general, and `<id>_<fact>` (`_days` of a window, `_rate` of a fee). Days:
    window_days, longest_window_days, statutory_days (of the first right, where there is one), fault_days (the
    shortest of the windows for the merchant's fault), refund_days, exchange_days, payment_days, dispatch_days,
    refund_only_days. Rules together: window, statutory, fault_windows, special_windows, holiday_windows,
    exclusions, shipping_no_reason, shipping_fault, shipping_special, fees, condition, photos, refund,
    outbound_shipping, exchange, refund_only (empty where the shop has none). And `automatic_limits` and `version`.
    """
    own = [policy.default_window, *policy.special_windows]
    exchange, refund_only = policy.remedies.exchange, policy.remedies.refund_only
    groups = {
        "window": (policy.default_window,),
        "statutory": policy.statutory,
        "fault_windows": policy.fault_windows,
        "special_windows": policy.special_windows,
        "holiday_windows": policy.holiday_windows,
        "exclusions": policy.exclusions,
        "shipping_no_reason": (policy.shipping_no_reason,),
        "shipping_fault": (policy.shipping_fault,),
        "shipping_special": policy.shipping_special,
        "fees": policy.fees,
        "condition": (policy.condition,),
        "photos": (policy.photos,),
        "refund": (policy.refund,),
        "outbound_shipping": (policy.outbound_shipping,),
        "exchange": (exchange.reasons, exchange.window, exchange.difference),
        "refund_only": (refund_only.missing, refund_only.returnless, *refund_only.donations),
    }
    return {
        **{f"{rule.id}_{name}": fact for rule in policy.rules() for name, fact in rule.facts().items()},
        **dict(describe(policy)),
        **{name: _sentences([rule.general() for rule in rules]) for name, rules in groups.items()},
        "version": same(policy.version),
        "longest_window_days": same(max(window.days for window in own)),
        **({"statutory_days": same(policy.statutory[0].days)} if policy.statutory else {}),
        "fault_days": same(min(window.days for window in policy.fault_windows)),
        "automatic_limits": listed([money_words(money) for money in policy.automatic_limit.amounts.values()]),
        **{name: same(days) for name, days in day_counts(policy).items()},
    }


def day_counts(policy: Policy) -> dict[str, str]:
    """The periods that hold whatever the goods, by the names that `placeholders` gives them."""
    exchange, refund_only = policy.remedies.exchange, policy.remedies.refund_only
    days = {
        "window_days": policy.default_window.days,
        "refund_days": policy.refund.days,
        "exchange_days": exchange.window.days,
        "payment_days": exchange.payment.days,
        "dispatch_days": exchange.dispatch.days,
        "refund_only_days": refund_only.refund.days,
    }
    return {name: str(count) for name, count in days.items()}


def _sentences(texts: list[Text]) -> Text:
    """One sentence after the other; Chinese sets no space between."""
    return Text("".join(text.zh for text in texts), " ".join(text.en for text in texts))
