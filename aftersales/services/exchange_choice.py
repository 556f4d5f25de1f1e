"""What a line can be exchanged for, and at which prices of today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aftersales.domain.errors import NotFound
from aftersales.domain.money import Money, share
from aftersales.domain.orders import Order, OrderLine, Variant
from aftersales.domain.reasons import Reason
from aftersales.domain.remedies import Remedy, Swap, Wish
from aftersales.services.context import Context


async def list_choices(ctx: Context, *, order: Order, line: OrderLine) -> Sequence[Variant]:
    """All variants on sale of the line's product, its own among them, priced in the order's currency."""
    return await ctx.shop.list_variants(line.product_id, currency=order.currency)


async def read_swaps(
    ctx: Context, *, order: Order, items: Sequence[tuple[str, int]], reason: Reason, wish: Wish
) -> Mapping[str, Swap]:
    """The variants that are wanted instead, by line id; none for another remedy, nor for a line without a choice.

    What never came is sent again as it was ordered, whatever was chosen. Raises NotFound for no such line or
    variant, Unavailable.
    """
    if wish.remedy is not Remedy.EXCHANGE:
        return {}
    swaps = {}
    for line_id in {line_id for line_id, _ in items}:
        line = _line(order, line_id)
        wanted = line.variant_id if reason is Reason.MISSING_ITEM else wish.variants.get(line_id)
        if wanted is not None:
            swaps[line_id] = _swap(line, wanted, await list_choices(ctx, order=order, line=line))
    return swaps


def own_variant(line: OrderLine, choices: Sequence[Variant]) -> Variant:
    """What was bought; with nothing in stock where it is not on sale any more."""
    return next((variant for variant in choices if variant.id == line.variant_id), None) or _off_sale(line)


def worth_of(line: OrderLine, units: int) -> Money:
    """What was paid for the next units that go back of a line; zero where there are not that many."""
    taken = line.return_requested + line.returned + line.dismissed
    if not 0 < units <= line.quantity - taken:
        return Money.zero(line.paid.currency)
    return share(line.paid, of=line.quantity, taken=taken, take=units)


def _line(order: Order, line_id: str) -> OrderLine:
    try:
        return order.line(line_id)
    except KeyError:
        raise NotFound("line") from None


def _swap(line: OrderLine, wanted: str, choices: Sequence[Variant]) -> Swap:
    prices = {variant.id: variant.price for variant in choices}
    found = next((variant for variant in (own_variant(line, choices), *choices) if variant.id == wanted), None)
    if found is None:
        raise NotFound("variant")
    return Swap(variant=found, listed=prices.get(line.variant_id))


def _off_sale(line: OrderLine) -> Variant:
    return Variant(
        id=line.variant_id,
        product_id=line.product_id,
        sku=line.sku,
        title=line.title,
        options=line.options,
        price=share(line.paid, of=line.quantity, taken=0, take=1),
        stock=0,
        image=line.image,
    )
