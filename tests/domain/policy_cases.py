"""A small policy and orders for the tests of the policy; plain functions with keyword overrides."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from aftersales.domain import policy_remedy_rules as remedy_rules
from aftersales.domain import policy_rules as rules
from aftersales.domain.case_rules import CaseRules, Department, ParcelTimes
from aftersales.domain.cases import CaseKind
from aftersales.domain.claims import ComplaintType
from aftersales.domain.money import Money
from aftersales.domain.orders import Customer, Fulfilment, Order, OrderLine, Payment
from aftersales.domain.payment_methods import PaymentMethod
from aftersales.domain.policy import Decision
from aftersales.domain.policy_alternative_rules import (
    AlternativeRules,
    Fewer,
    MoneyInstead,
    OnceDelivered,
    UntilThen,
)
from aftersales.domain.policy_evaluate import evaluate_line
from aftersales.domain.policy_remedy_rules import Remedies
from aftersales.domain.policy_rules import Policy, Rule
from aftersales.domain.policy_when import Purchase, When
from aftersales.domain.policy_windows import Window
from aftersales.domain.reasons import Reason
from aftersales.domain.refund_rules import Compensation, PriceProtection, RefundRules
from aftersales.domain.tender import TenderMode
from aftersales.domain.texts import Text

SHANGHAI = ZoneInfo("Asia/Shanghai")
DELIVERED = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)  # noon of 1 November in Shanghai
PERIOD = Text("签收 {delivered_day},最后一天 {last_day}。", "Delivered {delivered_day}, last day {last_day}.")


def _text(word: str) -> Text:
    return Text(f"{word}(中)", word)


def purchase(**changes: Any) -> Purchase:
    """Of a thing for the home, delivered in China, for 100.00."""
    usual: dict[str, Any] = {
        "category": "home",
        "tags": frozenset(),
        "channel": "",
        "country": "CN",
        "segments": frozenset(),
        "unit": Money(10_000, "CNY"),
        "bought": date(2026, 10, 25),
    }
    return Purchase(**(usual | changes))


def of_category(name: str) -> When:
    return When(categories=frozenset({name}))


def tagged(name: str) -> When:
    return When(tags=frozenset({name}))


def make_policy() -> Policy:
    """7 statutory days, 15 of the shop's own, 30 for shoes, 90 (quality) and 60 (delivery) for faults."""
    return Policy(
        version="v1",
        statutory=(
            rules.StatutoryRight(
                id="statutory", text=_text("law {days}"), applied=PERIOD, days=7, countries=frozenset({"CN"})
            ),
        ),
        default_window=Window(id="own", text=_text("own {days}"), applied=PERIOD, days=15),
        special_windows=(
            rules.SpecialWindow(id="own_shoes", text=_text("shoes"), days=30, when=of_category("shoes")),
        ),
        holiday_windows=(),
        fault_windows=(
            rules.FaultWindow(
                id="fault_quality",
                text=_text("quality"),
                days=90,
                reasons=frozenset({Reason.DAMAGED, Reason.DEFECTIVE, Reason.NOT_AS_DESCRIBED}),
            ),
            rules.FaultWindow(
                id="fault_delivery",
                text=_text("delivery"),
                days=60,
                reasons=frozenset({Reason.WRONG_ITEM, Reason.MISSING_ITEM, Reason.LATE}),
            ),
        ),
        returnable_goods=Rule(id="goods", text=_text("goods")),
        exclusions=(
            rules.Exclusion(
                id="no_made_to_order", text=_text("bespoke"), when=tagged("made_to_order"), statutory=True
            ),
            rules.Exclusion(id="no_hygiene", text=_text("hygiene"), when=tagged("hygiene"), statutory=True),
            rules.Exclusion(id="no_sale", text=_text("sale"), when=tagged("final_sale"), statutory=False),
        ),
        shipping_no_reason=rules.ReturnShipping(id="ship_customer", text=_text("you pay"), payer="customer"),
        shipping_fault=rules.ReturnShipping(id="ship_merchant", text=_text("we pay"), payer="merchant"),
        shipping_special=(
            rules.ReturnShipping(id="ship_free", text=_text("free"), payer="merchant", when=of_category("shoes")),
        ),
        fees=(
            rules.Fee(
                id="fee_ten",
                text=_text("fee {rate}"),
                applied=Text("收取 {fee}。", "Here {fee}."),
                when=of_category("electronics"),
                percent=Decimal(10),
                fixed={},
            ),
            rules.Fee(
                id="fee_fixed",
                text=_text("fee {rate}"),
                when=of_category("furniture"),
                percent=None,
                fixed={"CNY": Money(800, "CNY")},
            ),
        ),
        condition=Rule(id="intact", text=_text("intact")),
        photos=rules.Photos(id="photo", text=_text("photo"), reasons=frozenset({Reason.DAMAGED})),
        automatic_limit=rules.AutomaticLimit(
            id="limit", text=_text("limit"), amounts={"CNY": Money(50_000, "CNY")}
        ),
        refund=rules.RefundTime(id="refund", text=_text("refund {days}"), days=7),
        outbound_shipping=rules.OutboundShipping(id="postage", text=_text("postage")),
        orders=rules.OrderRules(
            cancel=rules.Cancellation(id="cancel", text=_text("cancel"), days=3),
            change=rules.Rule(id="change", text=_text("change")),
            by_person=rules.ByPerson(id="by_person", text=_text("by person"), tags=frozenset({"made_to_order"})),
        ),
        remedies=make_remedies(),
        requirements=rules.Requirements(
            active=rules.Requirement(id="active", text=_text("active")),
            paid=rules.Requirement(id="paid", text=_text("paid")),
            delivered=rules.Requirement(id="delivered", text=_text("delivered")),
            left=rules.Requirement(id="left", text=_text("left")),
            quantity=rules.Requirement(id="quantity", text=_text("quantity")),
            refundable=rules.RefundableRequirement(id="refundable", text=_text("refundable")),
        ),
        cases=make_case_rules(),
        refunds=make_refund_rules(),
        alternatives=make_alternatives(),
    )


def make_refund_rules() -> RefundRules:
    """In proportion; up to 100.00 CNY and half of the order for a complaint; 15 days of price protection."""
    return RefundRules(
        tender=TenderMode.PROPORTIONAL,
        tender_order=tuple(PaymentMethod),
        returns_coupons=True,
        compensation=Compensation(
            most={"CNY": Money(10_000, "CNY")}, share=Decimal(50), automatic={"CNY": Money(5000, "CNY")}
        ),
        price_protection=PriceProtection(
            id="price_protection",
            text=_text("price {days}"),
            days=15,
            refund_days=3,
            most={"CNY": Money(20_000, "CNY")},
            excluded=frozenset({"final_sale"}),
        ),
    )


def make_alternatives() -> AlternativeRules:
    until = Text("到 {last_day}", "until {last_day}")
    return AlternativeRules(
        delivered=OnceDelivered(id="else_later", text=_text("later"), applied=Text("{days} 天", "{days} days")),
        fewer=Fewer(id="else_fewer", text=_text("fewer"), applied=Text("{returnable} 件", "{returnable} units")),
        goods_back=UntilThen(id="else_return", text=_text("return"), applied=until),
        exchange=UntilThen(id="else_exchange", text=_text("exchange"), applied=until),
        refund_only=MoneyInstead(id="else_refund", text=_text("refund"), applied=Text("退 {amount}", "{amount}")),
        fault=UntilThen(id="else_fault", text=_text("fault"), applied=until),
    )


def make_case_rules() -> CaseRules:
    """Parcels leave within 48 hours, are there after 4 days and lost after 10; care answers within 24 hours."""
    return CaseRules(
        departments={
            "care": Department(id="care", name=_text("care"), hours=24),
            "money": Department(id="money", name=_text("money"), hours=4),
        },
        complaints={kind: "money" if kind is ComplaintType.PRICE else "care" for kind in ComplaintType},
        claims={CaseKind.NOT_DELIVERED: "care", CaseKind.PAYMENT: "money"},
        urgent_hours=8,
        parcels=ParcelTimes(dispatch_hours=48, usual_days=4, overdue_days=10),
    )


def make_remedies() -> Remedies:
    """Exchanges for 20 days, not of food; refunds without a return up to 60.00 a unit of damaged goods."""
    every = frozenset(Reason)
    return Remedies(
        goods_back=remedy_rules.ForReasons(
            id="goods_back", text=_text("goods back"), reasons=every - {Reason.MISSING_ITEM}
        ),
        exchange=remedy_rules.ExchangeRules(
            reasons=remedy_rules.ForReasons(
                id="exchange_reasons", text=_text("reasons"), reasons=every - {Reason.PRICE}
            ),
            window=Window(id="exchange_window", text=_text("exchange {days}"), applied=PERIOD, days=20),
            excluded=(
                remedy_rules.NotExchanged(id="exchange_food", text=_text("no food"), when=of_category("food")),
            ),
            stock=remedy_rules.InStock(
                id="stock", text=_text("stock"), applied=Text("{quantity}/{stock}", "{quantity}/{stock}")
            ),
            difference=remedy_rules.Difference(
                id="difference",
                text=_text("difference"),
                applied=Text("{before} {after} {difference}", "{before} {after} {difference}"),
            ),
            payment=rules.RefundTime(id="payment", text=_text("pay in {days}"), days=3),
            dispatch=rules.RefundTime(id="dispatch", text=_text("sent in {days}"), days=2),
            resend=rules.AutomaticLimit(id="resend", text=_text("resend"), amounts={"CNY": Money(20_000, "CNY")}),
        ),
        refund_only=remedy_rules.RefundOnlyRules(
            missing=remedy_rules.ForReasons(
                id="missing", text=_text("missing"), reasons=frozenset({Reason.MISSING_ITEM})
            ),
            returnless=remedy_rules.Returnless(
                id="returnless",
                text=_text("small"),
                applied=Text("{limit} {unit}", "{limit} {unit}"),
                reasons=frozenset({Reason.DAMAGED, Reason.DEFECTIVE}),
                amounts={"CNY": Money(6_000, "CNY")},
            ),
            otherwise=Rule(id="otherwise", text=_text("otherwise")),
            part=remedy_rules.PartOfPrice(
                id="part", text=_text("part"), applied=Text("{asked} {paid}", "{asked} {paid}")
            ),
            refund=rules.RefundTime(
                id="refund_only_time",
                text=_text("soon {days}"),
                applied=Text("{refund_by}", "{refund_by}"),
                days=3,
            ),
        ),
    )


def make_line(
    line_id: str = "l1",
    *,
    category: str = "home",
    tags: frozenset[str] = frozenset(),
    quantity: int = 1,
    fulfilled: int | None = None,
    return_requested: int = 0,
    returned: int = 0,
    dismissed: int = 0,
    paid: int = 10_000,
    currency: str = "CNY",
) -> OrderLine:
    return OrderLine(
        id=line_id,
        sku=f"sku-{line_id}",
        product_id=f"p-{line_id}",
        variant_id=f"v-{line_id}",
        category=category,
        tags=tags,
        title=Text(f"商品{line_id}", f"Item {line_id}"),
        options=Text("", ""),
        image="",
        quantity=quantity,
        fulfilled=quantity if fulfilled is None else fulfilled,
        return_requested=return_requested,
        returned=returned,
        dismissed=dismissed,
        paid=Money(paid, currency),
    )


def make_order(
    *lines: OrderLine,
    country: str = "CN",
    delivered_at: datetime | None = DELIVERED,
    cancelled_at: datetime | None = None,
    captured: int | None = None,
    refunded: int = 0,
    shipping: int = 0,
) -> Order:
    """One parcel with all lines; captured is what was paid unless told otherwise."""
    lines = lines or (make_line(),)
    currency = lines[0].paid.currency
    total = sum(line.paid.minor for line in lines) + shipping
    return Order(
        id="o1",
        number="RD1",
        customer=Customer(id="c1", name="Li", email="li@example.com", phone=None, language="zh"),
        placed_at=datetime(2026, 10, 25, tzinfo=UTC),
        cancelled_at=cancelled_at,
        country=country,
        total=Money(total, currency),
        shipping_paid=Money(shipping, currency),
        lines=lines,
        fulfilments=(
            Fulfilment(
                id="f1",
                carrier="SF",
                tracking_number="SF1",
                shipped_at=datetime(2026, 10, 26, tzinfo=UTC),
                delivered_at=delivered_at,
                lines=tuple((line.id, line.fulfilled) for line in lines),
            ),
        ),
        payments=(
            Payment(
                id="pay1",
                provider="embedded",
                captured=Money(total if captured is None else captured, currency),
                refunded=Money(refunded, currency),
            ),
        ),
    )


def with_own_days(policy: Policy, days: int) -> Policy:
    return replace(policy, default_window=replace(policy.default_window, days=days))


def decide(
    order: Order,
    *,
    policy: Policy | None = None,
    line_id: str = "l1",
    quantity: int = 1,
    reason: Reason = Reason.NO_LONGER_NEEDED,
    today: date = date(2026, 11, 3),
    zone: ZoneInfo = SHANGHAI,
    already: int = 0,
) -> Decision:
    return evaluate_line(
        policy or make_policy(),
        order=order,
        line_id=line_id,
        quantity=quantity,
        reason=reason,
        today=today,
        zone=zone,
        already=already,
    )
