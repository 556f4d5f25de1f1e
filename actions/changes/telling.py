"""How a change is put into words: the goods, the address, the money that goes back."""

from __future__ import annotations

from actions.base import Scene
from actions.cards import goods_words, line_title
from actions.changes import words as w
from actions.changes.draft import Draft, units_out
from aftersales.domain.changes_quote import ChangeQuote
from aftersales.domain.money import Money
from aftersales.domain.orders import Address, Order, Variant
from aftersales.domain.texts import Language
from aftersales.services.phones import masked
from runtime import formats

_FIRST_HAN = 0x3400
MEANS = ("wechat_pay", "alipay", "card", "paypal", "gift_card")


def address_words(address: Address, language: Language) -> str:
    """The address in one line, the phone number masked; in the order that its own writing has."""
    phone = masked(address.phone) if address.phone else ""
    if any(ord(letter) >= _FIRST_HAN for letter in "".join(address.lines)):
        place = "".join((address.region, address.city, *address.lines))
        return "，".join(part for part in (place, address.postcode, address.name, phone) if part)
    town = " ".join(part for part in (address.city, address.region, address.postcode) if part)
    return ", ".join(part for part in (address.name, *address.lines, town, phone) if part)


def means_words(scene: Scene, order: Order) -> str:
    """The means that the order was paid with."""
    providers = {payment.provider if payment.provider in MEANS else "other" for payment in order.payments}
    gap = "、" if scene.language == "zh" else ", "
    return gap.join(scene.title(f"utter_orders_means_{provider}") for provider in sorted(providers))


def money_words(scene: Scene, order: Order, quote: ChangeQuote) -> str:
    """What goes back, to where and by when; that nothing was paid, or that nothing is owed."""
    language = scene.language
    if not any(payment.captured for payment in order.payments):
        return scene.title("utter_orders_money_unpaid")
    if not quote.amount:
        return scene.title("utter_orders_money_same")
    response = "utter_orders_money_with_postage" if quote.postage else "utter_orders_money_back"
    parameters = {
        "amount": formats.money(quote.amount, language),
        "postage": formats.money(quote.postage, language),
        "means": means_words(scene, order),
        "days": str(scene.ctx.policy.orders.cancel.days),
    }
    return scene.ctx.texts.render(response, language, **parameters)


def goods_at_hand(draft: Draft, order: Order, language: Language) -> str:
    """The goods that the change is about, with their units."""
    if draft.kind == w.CANCEL:
        units = units_out(draft, order)
        return goods_words([(order.line(line_id), count) for line_id, count in units.items()], language)
    return ", ".join(line_title(order.line(item), language) for item in draft.items)


def variant_words(variant: Variant, language: Language) -> str:
    return variant.options.of(language) or variant.title.of(language)


def amount_words(amount: Money, language: Language) -> str:
    return formats.money(amount, language)
