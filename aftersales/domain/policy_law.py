"""What the law gives a consumer at the least, by country of delivery; a shop's policy may give more, never less.

Sources, all for goods bought online: docs/policy.md names the articles and what is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

# Traits that exclude a return without a reason under every law that is known here.
_EVERYWHERE = frozenset({"made_to_order", "perishable", "digital", "newspaper", "hygiene"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """`days` to return without a reason and `refund_days` to pay back after it; `excludable` are the traits of
    goods that it takes out; `outbound_shipping`: the delivery charge is paid back with the whole order.

    Goods that are not in conformity: `fault_days` to return, `exchange_days` to have them replaced.
    """

    name: str
    countries: frozenset[str]
    days: int
    refund_days: int
    excludable: frozenset[str]
    outbound_shipping: bool
    fault_days: int
    exchange_days: int


CHINA = Law(
    name="Consumer Rights Protection Law, articles 24 and 25, and the three guarantees of 1995",
    countries=frozenset({"CN"}),
    days=7,
    refund_days=7,
    excludable=_EVERYWHERE | {"activated", "final_sale"},
    outbound_shipping=False,
    fault_days=7,
    exchange_days=15,
)
# Repair or replacement comes first (Directive (EU) 2019/771, article 13): a return must be open no longer than the
# withdrawal. The directives bind Iceland, Liechtenstein and Norway too (EEA).
UNION = Law(
    name="Directives 2011/83/EU, articles 9 to 16, and (EU) 2019/771, articles 10 and 13",
    countries=frozenset(
        "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK IS LI NO".split()
    ),
    days=14,
    refund_days=14,
    excludable=_EVERYWHERE | {"sealed_media", "mixed"},
    outbound_shipping=True,
    fault_days=14,
    exchange_days=730,
)
# Six years to claim a repair or replacement: Limitation Act 1980, section 5 (five in Scotland).
KINGDOM = Law(
    name="Consumer Contracts Regulations 2013, regulations 28 to 34; Consumer Rights Act 2015, sections 20 to 24",
    countries=frozenset({"GB"}),
    days=14,
    refund_days=14,
    excludable=_EVERYWHERE | {"sealed_media", "mixed"},
    outbound_shipping=True,
    fault_days=30,
    exchange_days=2190,
)
LAWS = (CHINA, UNION, KINGDOM)


def law_of(country: str) -> Law | None:
    """What is known here; None is no word that a country has no such law."""
    return next((law for law in LAWS if country in law.countries), None)
