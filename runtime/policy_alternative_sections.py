"""The section `alternatives` of returns_policy.yml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import yaml

from aftersales.domain import policy_alternative_rules as rules

if TYPE_CHECKING:
    from runtime.policy_sections import Sections

_KEYS = ("delivered", "fewer", "return", "exchange", "refund_only", "fault")


def read_alternatives(sections: Sections, top: Mapping[str, yaml.Node]) -> rules.AlternativeRules:
    """Reads by the same means as the other sections."""
    part, name = sections.part(top, "alternatives", needed=_KEYS), "alternatives"
    return rules.AlternativeRules(
        delivered=sections.rule(rules.OnceDelivered, part.get("delivered"), f"{name}.delivered"),
        fewer=sections.rule(rules.Fewer, part.get("fewer"), f"{name}.fewer"),
        goods_back=sections.rule(rules.UntilThen, part.get("return"), f"{name}.return"),
        exchange=sections.rule(rules.UntilThen, part.get("exchange"), f"{name}.exchange"),
        refund_only=sections.rule(rules.MoneyInstead, part.get("refund_only"), f"{name}.refund_only"),
        fault=sections.rule(rules.UntilThen, part.get("fault"), f"{name}.fault"),
    )
