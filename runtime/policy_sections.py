"""The sections of returns_policy.yml: which keys each has, and which values sense or law does not allow."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any, TypeVar, cast

import yaml

from aftersales.domain import policy_rules as rules
from aftersales.domain.goods_condition import GoodsCondition
from aftersales.domain.money import Money
from aftersales.domain.policy import Payer
from aftersales.domain.policy_rules import Policy, Rule
from aftersales.domain.policy_when import Day, When
from aftersales.domain.reasons import MERCHANT_FAULT, Reason
from aftersales.domain.texts import Text
from runtime.policy_alternative_sections import read_alternatives
from runtime.policy_approvals import read_approvals
from runtime.policy_cases import read_cases
from runtime.policy_conditions import read_countries, read_day, read_when
from runtime.policy_reader import Reader, placeholders
from runtime.policy_refunds import RefundSections
from runtime.policy_remedy_sections import RemedySections

Node = yaml.Node | None
R = TypeVar("R", bound=Rule)
F = TypeVar("F", bound=rules.Fee)

_SECTIONS = (
    *("version", "windows", "goods", "return_shipping", "condition", "photos"),
    *("automatic_limit", "refund", "outbound_shipping", "remedies", "requirements", "cases", "orders"),
    "refunds",
    "alternatives",
)
_REQUIREMENTS = ("active", "paid", "delivered", "left", "quantity")
_OPTIONAL = ("valid_from", "statutory", "fees", "approvals", "deductions")


class Sections:
    """Reads rule by rule; `nodes` remembers where the rule of an id stands."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.nodes: dict[str, yaml.Node] = {}

    def policy(self, root: yaml.Node) -> Policy:
        """The whole file. Usable only when the reader has noted no problem."""
        top = self._reader.mapping(root, name="policy", needed=_SECTIONS, optional=_OPTIONAL)
        windows = self.part(top, "windows", needed=("default", "fault"), optional=("special", "holidays"))
        goods = self.part(top, "goods", needed=("returnable",), optional=("excluded",))
        shipping = self.part(top, "return_shipping", needed=("no_reason", "fault"), optional=("special",))
        return Policy(
            version=self._reader.word(
                top.get("version"), name="version", pattern=r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}"
            ),
            statutory=self.each(top, "statutory", self._right),
            default_window=self.rule(rules.Window, windows.get("default"), "windows.default", days=self.days),
            special_windows=self.each(windows, "special", self._special_window, within="windows"),
            holiday_windows=self.each(windows, "holidays", self._holiday_window, within="windows"),
            fault_windows=self.each(windows, "fault", self._fault_window, within="windows"),
            returnable_goods=self.rule(Rule, goods.get("returnable"), "goods.returnable"),
            exclusions=self.each(goods, "excluded", self._exclusion, within="goods"),
            shipping_no_reason=self._shipping(shipping.get("no_reason"), "return_shipping.no_reason"),
            shipping_fault=self._shipping(shipping.get("fault"), "return_shipping.fault"),
            shipping_special=self.each(shipping, "special", self._special_shipping, within="return_shipping"),
            fees=self.each(top, "fees", self._fee),
            condition=self.rule(Rule, top.get("condition"), "condition"),
            photos=self.rule(rules.Photos, top.get("photos"), "photos", reasons=self.reasons),
            automatic_limit=self.rule(
                rules.AutomaticLimit, top.get("automatic_limit"), "automatic_limit", amounts=self.amounts
            ),
            refund=self.rule(rules.RefundTime, top.get("refund"), "refund", days=self.days),
            outbound_shipping=self.rule(rules.OutboundShipping, top.get("outbound_shipping"), "outbound_shipping"),
            remedies=RemedySections(self).remedies(top),
            requirements=self._requirements(top),
            cases=read_cases(self._reader, top.get("cases")),
            orders=self._orders(top),
            refunds=RefundSections(self, self._reader).refunds(top),
            approvals=read_approvals(self._reader, top.get("approvals")),
            deductions=self.each(top, "deductions", self._deduction),
            alternatives=read_alternatives(self, top),
            valid_from=self._reader.day(top.get("valid_from"), name="valid_from"),
        )

    def part(
        self, top: Mapping[str, yaml.Node], name: str, *, needed: Collection[str], optional: Collection[str] = ()
    ) -> dict[str, yaml.Node]:
        return self._reader.mapping(top.get(name), name=name, needed=needed, optional=optional)

    def each(
        self, part: Mapping[str, yaml.Node], key: str, read: Callable[[yaml.Node, str], R], *, within: str = ""
    ) -> tuple[R, ...]:
        name = f"{within}.{key}" if within else key
        nodes = self._reader.sequence(part.get(key), name=name)
        return tuple(read(node, f"{name}[{number}]") for number, node in enumerate(nodes, start=1))

    def rule(
        self,
        kind: type[R],
        node: Node,
        name: str,
        *,
        optional: Collection[str] = (),
        **keys: Callable[[Node, str], Any],
    ) -> R:
        """A rule of this kind: id, text, applied, and what `keys` read; those named `optional` may be left out."""
        needed = ("id", "text", *(key for key in keys if key not in optional))
        found = self._reader.mapping(node, name=name, needed=needed, optional=("applied", *optional))
        rule = kind(
            id=self._new_id(found.get("id"), node, f"{name}.id"),
            text=self._reader.text(found.get("text"), name=f"{name}.text"),
            applied=self._reader.text(found["applied"], name=f"{name}.applied") if "applied" in found else None,
            **{key: read(found.get(key), f"{name}.{key}") for key, read in keys.items()},
        )
        known = set(rule.facts())
        self._check_placeholders(found.get("text"), rule.text, known, f"{name}.text")
        self._check_placeholders(found.get("applied"), rule.applied, known | rule.APPLIED, f"{name}.applied")
        return rule

    def _new_id(self, node: Node, rule: Node, name: str) -> str:
        rule_id = self._reader.word(node, name=name)
        if node is not None and rule_id in self.nodes:
            self._reader.note(node, f"{name}: the id '{rule_id}' is given to another rule")
        if rule_id and rule is not None:
            self.nodes.setdefault(rule_id, rule)
        return rule_id

    def _check_placeholders(self, node: Node, text: Text | None, known: set[str], name: str) -> None:
        if node is None or text is None:
            return
        for unknown in sorted((placeholders(text.zh) | placeholders(text.en)) - known):
            names = ", ".join(f"{{{word}}}" for word in sorted(known)) or "none"
            self._reader.note(node, f"{name}: unknown placeholder {{{unknown}}} (known here: {names})")

    def _right(self, node: yaml.Node, name: str) -> rules.StatutoryRight:
        return self.rule(
            rules.StatutoryRight,
            node,
            name,
            countries=self._countries,
            days=self.days,
            outbound_shipping=self._truth,
            optional=("outbound_shipping",),
        )

    def _special_window(self, node: yaml.Node, name: str) -> rules.SpecialWindow:
        return self.rule(rules.SpecialWindow, node, name, when=self.when, days=self.days)

    def _holiday_window(self, node: yaml.Node, name: str) -> rules.HolidayWindow:
        window = self.rule(rules.HolidayWindow, node, name, when=self.when, until=self._day)
        if window.when.bought is None:
            self._reader.note(node, f"{name}.when: 'bought' is missing")
        elif (window.when.bought.first.year is None) != (window.until.year is None):
            self._reader.note(node, f"{name}.until: needs a year exactly where 'bought' has one")
        return window

    def _fault_window(self, node: yaml.Node, name: str) -> rules.FaultWindow:
        return self.rule(
            rules.FaultWindow,
            node,
            name,
            reasons=self._fault_reasons,
            when=self.when,
            days=self.days,
            exchange_days=self._days_if_any,
            optional=("when", "exchange_days"),
        )

    def _exclusion(self, node: yaml.Node, name: str) -> rules.Exclusion:
        return self.rule(rules.Exclusion, node, name, when=self.when, statutory=self._truth)

    def _shipping(self, node: Node, name: str) -> rules.ReturnShipping:
        return self.rule(rules.ReturnShipping, node, name, payer=self._payer)

    def _special_shipping(self, node: yaml.Node, name: str) -> rules.ReturnShipping:
        return self.rule(rules.ReturnShipping, node, name, payer=self._payer, when=self.when)

    def _fee(self, node: yaml.Node, name: str) -> rules.Fee:
        return self._kept(rules.Fee, node, name)

    def _deduction(self, node: yaml.Node, name: str) -> rules.Deduction:
        return self._kept(rules.Deduction, node, name, conditions=self._conditions, statutory=self._truth)

    def _kept(self, kind: type[F], node: yaml.Node, name: str, **keys: Callable[[Node, str], Any]) -> F:
        """A rule that keeps a share or an amount."""
        fee = self.rule(
            kind,
            node,
            name,
            when=self.when,
            percent=self._percent,
            fixed=self.amounts,
            optional=("when", "percent", "fixed"),
            **keys,
        )
        if (fee.percent is None) == (not fee.fixed):
            self._reader.note(node, f"{name}: either 'percent' or 'fixed' is needed")
        return fee

    def _conditions(self, node: Node, name: str) -> frozenset[GoodsCondition]:
        """Nothing is kept of goods as new."""
        known, found = frozenset(GoodsCondition) - {GoodsCondition.AS_NEW}, set[GoodsCondition]()
        for word in sorted(self.words(node, name)):
            if word in known:
                found.add(GoodsCondition(word))
            elif node is not None:
                self._reader.note(node, f"{name}: '{word}' is none of {', '.join(sorted(known))}")
        return frozenset(found)

    def _requirements(self, top: Mapping[str, yaml.Node]) -> rules.Requirements:
        part = self.part(top, "requirements", needed=(*_REQUIREMENTS, "refundable"))
        needs = {key: self.rule(rules.Requirement, part.get(key), f"requirements.{key}") for key in _REQUIREMENTS}
        refundable = self.rule(rules.RefundableRequirement, part.get("refundable"), "requirements.refundable")
        return rules.Requirements(**needs, refundable=refundable)

    def _orders(self, top: Mapping[str, yaml.Node]) -> rules.OrderRules:
        part = self.part(top, "orders", needed=("cancel", "change", "by_person"))
        return rules.OrderRules(
            cancel=self.rule(rules.Cancellation, part.get("cancel"), "orders.cancel", days=self.days),
            change=self.rule(Rule, part.get("change"), "orders.change"),
            by_person=self.rule(rules.ByPerson, part.get("by_person"), "orders.by_person", tags=self.words),
        )

    def words(self, node: Node, name: str) -> frozenset[str]:
        return self._reader.words(node, name=name)

    def _countries(self, node: Node, name: str) -> frozenset[str]:
        return read_countries(self._reader, node, name)

    def when(self, node: Node, name: str) -> When:
        return read_when(self._reader, node, name)

    def _day(self, node: Node, name: str) -> Day:
        return read_day(self._reader, node, name)

    def _days_if_any(self, node: Node, name: str) -> int | None:
        return None if node is None else self.days(node, name)

    def days(self, node: Node, name: str) -> int:
        return self._reader.days(node, name=name)

    def _truth(self, node: Node, name: str) -> bool:
        return self._reader.truth(node, name=name)

    def reasons(self, node: Node, name: str) -> frozenset[Reason]:
        return self._known(node, name, frozenset(Reason))

    def _fault_reasons(self, node: Node, name: str) -> frozenset[Reason]:
        return self._known(node, name, MERCHANT_FAULT)

    def _known(self, node: Node, name: str, known: frozenset[Reason]) -> frozenset[Reason]:
        """Notes words that are not among `known`."""
        found = set[Reason]()
        for word in sorted(self.words(node, name)):
            if word in known:
                found.add(Reason(word))
            elif node is not None:
                kind = "a reason of the merchant's fault" if word in frozenset(Reason) else "a known reason"
                self._reader.note(node, f"{name}: '{word}' is not {kind} ({', '.join(sorted(known))})")
        return frozenset(found)

    def amounts(self, node: Node, name: str) -> Mapping[str, Money]:
        return self._reader.amounts(node, name=name)

    def _percent(self, node: Node, name: str) -> Decimal | None:
        return None if node is None else self._reader.number(node, name=name, highest=Decimal(100))

    def _payer(self, node: Node, name: str) -> Payer:
        word = self._reader.word(node, name=name, pattern="customer|merchant")
        return cast(Payer, word or "customer")
