"""data/faq/shop.yml: the shop's facts beside its returns policy, and the names by which answers cite rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from aftersales.domain.policy_words import listed, money_words, same
from aftersales.domain.shop_facts import Delivery, PaymentMeans, Payments, ShopFacts, Statement, Zone
from aftersales.domain.texts import LANGUAGES, Text
from runtime.policy_reader import Reader

_SECTIONS = ("version", "delivery", "payments", "statements", "rule_names")


@dataclass(frozen=True, slots=True)
class PlacedShop:
    """The facts, and where each name of a rule stands."""

    facts: ShopFacts
    rule_names: Mapping[str, yaml.Node]


def read_shop(root: yaml.Node | None, reader: Reader) -> PlacedShop:
    """The whole file. Usable only when the reader has noted no problem."""
    top = reader.mapping(root, name="shop", needed=_SECTIONS)
    names = reader.mapping(top.get("rule_names"), name="rule_names")
    nodes = reader.sequence(top.get("statements"), name="statements")
    statements = [_statement(node, reader) for node in nodes]
    taken = {"delivery", "payments"}
    for statement, node in zip(statements, nodes, strict=True):
        if statement.id in taken:
            reader.note(node, f"{statement.id}: the id stands twice")
        taken.add(statement.id)
    facts = ShopFacts(
        version=reader.word(top.get("version"), name="version", pattern=r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}"),
        statements=tuple(statements),
        delivery=_delivery(top.get("delivery"), reader),
        payments=_payments(top.get("payments"), reader),
        rule_names={rule: reader.text(node, name=f"rule_names.{rule}") for rule, node in names.items()},
    )
    return PlacedShop(facts, names)


def _statement(node: yaml.Node, reader: Reader) -> Statement:
    parts = reader.mapping(node, name="statement", needed=("id", "name"), optional=("values",))
    statement = reader.word(parts.get("id"), name="id", pattern="[a-z_]+")
    values = reader.mapping(parts.get("values"), name=f"{statement}.values")
    return Statement(
        id=statement,
        name=reader.text(parts.get("name"), name=f"{statement}.name"),
        values={name: _value(value, reader, name=f"{statement}.{name}") for name, value in values.items()},
    )


def _value(node: yaml.Node, reader: Reader, *, name: str) -> Text:
    """A number, an amount in one or more currencies, or words in each language."""
    if not re.fullmatch(r"[a-z_]+\.[a-z_]+", name):
        reader.note(node, f"{name}: a name of a fact is small letters and _")
    if isinstance(node, yaml.ScalarNode):
        return same(reader.number(node, name=name).normalize().__format__("f"))
    keys = {key.value for key, _ in node.value} if isinstance(node, yaml.MappingNode) else set()
    if keys & set(LANGUAGES):
        return reader.text(node, name=name)
    return listed([money_words(money) for money in reader.amounts(node, name=name).values()])


def _delivery(node: yaml.Node | None, reader: Reader) -> Delivery:
    parts = reader.mapping(node, name="delivery", needed=("name", "dispatch_days", "zones"))
    zones = reader.sequence(parts.get("zones"), name="delivery.zones")
    if isinstance(parts.get("zones"), yaml.SequenceNode) and not zones:
        reader.note(parts["zones"], "delivery.zones: no zone")
    return Delivery(
        name=reader.text(parts.get("name"), name="delivery.name"),
        dispatch_days=reader.days(parts.get("dispatch_days"), name="delivery.dispatch_days"),
        zones=tuple(_zone(zone, reader) for zone in zones),
    )


def _zone(node: yaml.Node, reader: Reader) -> Zone:
    parts = reader.mapping(
        node, name="zone", needed=("id", "name", "days", "fee"), optional=("countries", "free_from")
    )
    zone = reader.word(parts.get("id"), name="zone.id", pattern="[a-z_]+")
    bounds = [reader.days(day, name=f"{zone}.days") for day in reader.sequence(parts.get("days"), name="days")]
    if "days" in parts and (len(bounds) != 2 or bounds[0] > bounds[1]):
        reader.note(parts["days"], f"{zone}.days: expected the fewest and the most, such as [2, 4]")
    return Zone(
        id=zone,
        name=reader.text(parts.get("name"), name=f"{zone}.name"),
        countries=reader.words(parts.get("countries"), name=f"{zone}.countries", pattern=r"[A-Z]{2}|\*"),
        days=(min(bounds, default=1), max(bounds, default=1)),
        fee=reader.amounts(parts.get("fee"), name=f"{zone}.fee"),
        free_from=reader.amounts(parts.get("free_from"), name=f"{zone}.free_from"),
    )


def _payments(node: yaml.Node | None, reader: Reader) -> Payments:
    parts = reader.mapping(node, name="payments", needed=("name", "means"))
    means = [
        (reader.mapping(item, name="means", needed=("id", "name", "days")), item)
        for item in reader.sequence(parts.get("means"), name="payments.means")
    ]
    return Payments(
        name=reader.text(parts.get("name"), name="payments.name"),
        means=tuple(
            PaymentMeans(
                id=reader.word(item.get("id"), name="means.id", pattern="[a-z_]+"),
                name=reader.text(item.get("name"), name="means.name"),
                days=reader.days(item.get("days"), name="means.days"),
            )
            for item, _ in means
        ),
    )
