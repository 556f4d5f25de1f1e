"""What only shows when the rules are seen together: contradictions, gaps, and what the law does not allow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import yaml

from aftersales.domain.policy_rules import Policy, Rule
from aftersales.domain.reasons import MERCHANT_FAULT, Reason
from runtime.policy_reader import Reader

# Consumer Rights Protection Law of China, article 25: seven days to return, seven days to pay back.
_CHINA_DAYS = 7


def check_sense(policy: Policy, reader: Reader, *, nodes: Mapping[str, yaml.Node]) -> None:
    """Notes the problems; `nodes` tells where the rule of an id stands."""

    def note(rule: Rule, reason: str) -> None:
        if rule.id in nodes:
            reader.note(nodes[rule.id], f"{rule.id}: {reason}")

    if "CN" in policy.statutory.countries:
        if policy.statutory.days < _CHINA_DAYS:
            note(
                policy.statutory,
                f"{policy.statutory.days} days are fewer than the law gives in CN ({_CHINA_DAYS})",
            )
        for time in (policy.refund, policy.remedies.refund_only.refund):
            if time.days > _CHINA_DAYS:
                note(time, f"{time.days} days are more than the law allows in CN ({_CHINA_DAYS})")
    if policy.shipping_fault.payer != "merchant":
        note(policy.shipping_fault, "the merchant pays for the return of what is the merchant's fault")

    own = (policy.default_window, *policy.category_windows, policy.remedies.exchange.window)
    longest = max(window.days for window in own)
    for window in policy.fault_windows:
        if window.days < longest:
            note(window, f"{window.days} days are fewer than the shop's own longest window ({longest})")
    _check_remedies(policy, note)
    for reason in sorted(MERCHANT_FAULT - {reason for w in policy.fault_windows for reason in w.reasons}):
        note(policy.default_window, f"no window under windows.fault names the reason '{reason}'")
    for rule, names in (
        *_repeated((window, window.categories) for window in policy.category_windows),
        *_repeated((window, window.reasons) for window in policy.fault_windows),
        *_repeated((exclusion, {exclusion.tag}) for exclusion in policy.exclusions),
        *_repeated((free, free.categories) for free in policy.shipping_free),
        *_repeated((fee, fee.categories or {"every category"}) for fee in policy.fees),
        *_repeated((rule, rule.categories) for rule in policy.remedies.exchange.excluded),
    ):
        note(rule, f"{', '.join(names)}: named by a rule before")


def _check_remedies(policy: Policy, note: Callable[[Rule, str], None]) -> None:
    """Nothing is sent back that never came, each reason has a remedy, and no faultless goods are given away."""
    remedies = policy.remedies
    if Reason.MISSING_ITEM in remedies.goods_back.reasons:
        note(remedies.goods_back, "what is missing cannot be sent back: missing_item has no place here")
    offered = (
        remedies.goods_back.reasons | remedies.exchange.reasons.reasons | remedies.refund_only.missing.reasons
    )
    for reason in sorted(frozenset(Reason) - offered):
        note(remedies.goods_back, f"no remedy is offered for the reason '{reason}'")
    for reason in sorted(remedies.refund_only.returnless.reasons - MERCHANT_FAULT):
        note(remedies.refund_only.returnless, f"'{reason}' is no fault of the shop's: goods would be given away")
    for reason in sorted(remedies.refund_only.missing.reasons - {Reason.MISSING_ITEM}):
        note(remedies.refund_only.missing, f"'{reason}': without a limit only what never came is refunded unseen")


def _repeated(rules: Iterable[tuple[Rule, Iterable[str]]]) -> list[tuple[Rule, list[str]]]:
    """The rules that name something which a rule before them names."""
    seen: set[str] = set()
    found = []
    for rule, names in rules:
        again = sorted(name for name in names if name and name in seen)
        seen.update(names)
        if again:
            found.append((rule, again))
    return found
