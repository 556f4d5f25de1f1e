"""What the law does not let a policy do in the countries whose statutory rights it names."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from aftersales.domain.policy_law import LAWS, Law, law_of
from aftersales.domain.policy_rules import Exclusion, Policy, Rule, StatutoryRight
from aftersales.domain.policy_when import When
from aftersales.domain.policy_windows import FaultWindow
from aftersales.domain.reasons import MERCHANT_FAULT, Reason

Note = Callable[[Rule, str], None]

# Goods that are not what was bought; what never came or came late is governed by other articles.
_NOT_IN_CONFORMITY = (Reason.DAMAGED, Reason.DEFECTIVE, Reason.WRONG_ITEM, Reason.NOT_AS_DESCRIBED)


def check_legality(policy: Policy, note: Note) -> None:
    """Notes every rule that takes away what the law gives, with the countries and the law."""
    for right in policy.statutory:
        for law in LAWS:
            if countries := right.countries & law.countries:
                _check_right(policy, right, law, _named(countries), note)
                _check_exclusions(policy, law, countries, note)
                _check_faults(policy, law, countries, note)
    if policy.statutory:
        for reason in sorted(frozenset(Reason) - MERCHANT_FAULT - policy.remedies.goods_back.reasons):
            note(policy.remedies.goods_back, f"a statutory right needs no reason: '{reason}' is missing here")


def _named(countries: frozenset[str]) -> str:
    return ", ".join(sorted(countries))


def _check_right(policy: Policy, right: StatutoryRight, law: Law, countries: str, note: Note) -> None:
    if right.days < law.days:
        note(right, f"{right.days} days are fewer than the law gives in {countries} ({law.days}; {law.name})")
    if law.outbound_shipping and not right.outbound_shipping:
        note(
            right,
            f"the law in {countries} pays the delivery charge back too: outbound_shipping: true ({law.name})",
        )
    for time in (policy.refund, policy.remedies.refund_only.refund):
        if time.days > law.refund_days:
            note(
                time,
                f"{time.days} days are more than the law allows in {countries} ({law.refund_days}; {law.name})",
            )


def _check_exclusions(policy: Policy, law: Law, countries: frozenset[str], note: Note) -> None:
    for rule in policy.exclusions:
        hit = frozenset(country for country in countries if rule.when.reaches(country))
        if rule.statutory and hit and (wrong := _not_excludable(rule, law)):
            note(rule, f"{wrong}: the law in {_named(hit)} knows no such exclusion ({law.name}); statutory: false")


def _not_excludable(rule: Exclusion, law: Law) -> str:
    """The tags that the law does not take out of its right; other conditions alone never do."""
    if not rule.when.tags:
        return "an exclusion without tags"
    return ", ".join(sorted(rule.when.tags - law.excludable))


def _check_faults(policy: Policy, law: Law, countries: frozenset[str], note: Note) -> None:
    """Each window once, with all countries in which it is too short."""
    short: dict[str, tuple[FaultWindow, set[str]]] = {}
    for country in countries:
        for window in _reached(policy, country):
            if (
                window.lasts(exchanging=False) < law.fault_days
                or window.lasts(exchanging=True) < law.exchange_days
            ):
                short.setdefault(window.id, (window, set()))[1].add(country)
    for window, where in short.values():
        least = f"{law.fault_days} to return and {law.exchange_days} to exchange"
        given = f"{window.lasts(exchanging=False)} and {window.lasts(exchanging=True)}"
        note(
            window,
            f"{given} days are fewer than the law gives in {_named(frozenset(where))} ({least}; {law.name})",
        )


def _reached(policy: Policy, country: str) -> Iterator[FaultWindow]:
    """The windows that can come to count for goods not in conformity that were delivered to a country."""
    anything = When(countries=frozenset({country}))
    for reason in _NOT_IN_CONFORMITY:
        for window in policy.fault_windows:
            if reason in window.reasons and window.when.reaches(country):
                yield window
                if window.when.covers(anything):
                    break


def without_law(policy: Policy) -> frozenset[str]:
    """Countries of the policy's statutory rights for which no law is known here: nothing was checked for them."""
    named = (country for right in policy.statutory for country in right.countries)
    return frozenset(country for country in named if law_of(country) is None)
