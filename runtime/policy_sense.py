"""What only shows when the rules are seen together: contradictions, gaps, and what the law does not allow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import yaml

from aftersales.domain.policy_rules import Policy, Rule
from aftersales.domain.policy_when import ALWAYS, When
from aftersales.domain.reasons import MERCHANT_FAULT, Reason
from runtime.policy_legality import Note, check_legality
from runtime.policy_reader import Reader


def check_sense(policy: Policy, reader: Reader, *, nodes: Mapping[str, yaml.Node]) -> None:
    """Notes the problems; `nodes` tells where the rule of an id stands."""

    def note(rule: Rule, reason: str) -> None:
        if rule.id in nodes:
            reader.note(nodes[rule.id], f"{rule.id}: {reason}")

    check_legality(policy, note)
    if policy.shipping_fault.payer != "merchant":
        note(policy.shipping_fault, "the merchant pays for the return of what is the merchant's fault")
    _check_windows(policy, note)
    _check_remedies(policy, note)
    for rule, earlier in (
        *_never_reached((window, window.when) for window in policy.special_windows),
        *_never_reached((exclusion, exclusion.when) for exclusion in policy.exclusions),
        *_never_reached((rule, rule.when) for rule in policy.shipping_special),
        *_never_reached((fee, fee.when) for fee in policy.fees),
        *_never_reached((rule, rule.when) for rule in policy.remedies.exchange.excluded),
        *_never_reached((rule, rule.when) for rule in policy.remedies.refund_only.donations),
    ):
        note(rule, f"never counts: '{earlier.id}' stands before it and fits wherever it does")
    for rule, countries in _repeated((right, right.countries) for right in policy.statutory):
        note(rule, f"{', '.join(countries)}: named by a right before")


def _check_windows(policy: Policy, note: Note) -> None:
    """A fault has no less time than none, every reason of a fault has a window, and each window comes to count."""
    own = max(window.days for window in (policy.default_window, *policy.special_windows, *policy.statutory))
    exchange = policy.remedies.exchange.window.days
    for window in policy.fault_windows:
        if window.days < own:
            note(window, f"{window.days} days are fewer than the longest window without a fault ({own})")
        if window.lasts(exchanging=True) < max(exchange, window.days):
            least = max(exchange, window.days)
            note(window, f"{window.lasts(exchanging=True)} days to exchange are fewer than {least}")
    for reason in sorted(MERCHANT_FAULT):
        named = [window for window in policy.fault_windows if reason in window.reasons]
        if not any(window.when == ALWAYS for window in named):
            note(
                policy.default_window, f"no window under windows.fault names the reason '{reason}' without 'when'"
            )
        for rule, earlier in _never_reached((window, window.when) for window in named):
            note(rule, f"never counts for '{reason}': '{earlier.id}' stands before it and fits wherever it does")


def _check_remedies(policy: Policy, note: Note) -> None:
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


def _never_reached(rules: Iterable[tuple[Rule, When]]) -> list[tuple[Rule, Rule]]:
    """The rules that cannot come to count, each with the one before it that always does first."""
    seen: list[tuple[Rule, When]] = []
    found = []
    for rule, when in rules:
        earlier = next((one for one, wider in seen if wider.covers(when)), None)
        if earlier is not None:
            found.append((rule, earlier))
        seen.append((rule, when))
    return found


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
