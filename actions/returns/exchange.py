"""What is wanted instead in an exchange, and which remedy it comes to, by the shop's catalogue and rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from actions.base import Scene
from actions.returns import draft as d
from actions.returns.draft import Draft
from actions.returns.listen import pick
from actions.returns.plan import Noted, chooses_variants, decided_remedy, is_decided, units
from actions.said import Said
from aftersales.domain.orders import Order, OrderLine, Variant
from aftersales.domain.reasons import MERCHANT_FAULT, Reason
from aftersales.domain.remedies import Remedy
from aftersales.domain.variant_choice import Choice, choose, options_of, size_option
from aftersales.services.exchange_choice import list_choices, own_variant
from aftersales.services.returns import possible_remedies_of

MOST_VARIANTS = 6
# For these the same goods again put it right, unless something else is named.
_SAME_AGAIN = frozenset({Reason.DAMAGED, Reason.DEFECTIVE, Reason.WRONG_ITEM})


async def complete(
    scene: Scene, draft: Draft, order: Order, said: Said, asked: str | None
) -> tuple[Draft, dict[str, list[str]]]:
    """The draft with variant, reason and remedy where they leave no choice, and what narrows the next offer."""
    if draft.remedy is Remedy.EXCHANGE and not (await scene.ctx.shop.capabilities()).exchanges:
        scene.say("utter_exchanges_by_person")
        draft = draft.with_remedy(None)
    draft, noted = await settle_variants(scene, draft, order, said, asked)
    if draft.reason is None or not draft.items or is_decided(draft):
        return draft, noted
    allowed = await possible(scene, draft, order)
    if asked == d.REMEDY and draft.remedy is None and not draft.money:
        picked = pick(said, [remedy.value for remedy in allowed])
        draft = draft.with_remedy(Remedy(picked)) if picked else draft
    decided = decided_remedy(draft, allowed)
    if decided is draft.remedy:
        return draft, noted
    money, part = draft.money, draft.part
    draft = replace(draft.with_remedy(decided), money=money, part=part)
    return await settle_variants(scene, draft, order, said, asked)


async def possible(scene: Scene, draft: Draft, order: Order) -> tuple[Remedy, ...]:
    """The remedies that the rules allow for what was told so far."""
    if draft.reason is None or not draft.items:
        return ()
    return await possible_remedies_of(scene.ctx, order=order, items=units(draft, order), reason=draft.reason)


async def settle_variants(
    scene: Scene, draft: Draft, order: Order, said: Said, asked: str | None
) -> tuple[Draft, dict[str, list[str]]]:
    """Finds what the words or the button choose for each line; notes what is sold out, or fits as well."""
    if not chooses_variants(draft) or not draft.items:
        return draft, {}
    variants, noted = dict(draft.variants), dict[str, list[str]]()
    counts = dict(units(draft, order))
    anew = asked in (d.VARIANT, d.CONFIRMED) and not said.structured and said.intent != "affirm"
    for line in (order.line(item) for item in draft.items):
        choices = await list_choices(scene.ctx, order=order, line=line)
        if line.id in variants and not (anew and asked == d.CONFIRMED) and not _reworded(draft, said):
            continue
        choice = _heard(draft, said, asked, line, choices, counts[line.id], anew=anew)
        in_stock = [variant for variant in choice.variants if variant.stock >= counts[line.id]]
        if len(in_stock) == 1:
            variants[line.id] = in_stock[0].id
        elif choice.said or choice.variants:
            if asked != d.CONFIRMED or choice.variants or choice.beyond:
                variants.pop(line.id, None)
            _note(noted, choice, in_stock)
            break
    draft = replace(draft, variants=variants)
    return _with_reason(draft, order, await _catalogue(scene, order, draft)), noted


def offered_variants(line: OrderLine, choices: Sequence[Variant], noted: Noted, *, count: int) -> list[Variant]:
    """What is in stock: what the words left open, else what differs in one option, the same again last."""
    own = own_variant(line, choices)
    stocked = [variant for variant in choices if variant.stock >= count]
    narrowed = [variant for variant in stocked if variant.id in noted.get("variants", ())]
    if narrowed:
        return narrowed[:MOST_VARIANTS]
    size_at = size_option(choices)

    def apart(variant: Variant) -> tuple[int, bool]:
        pairs = list(zip(options_of(variant), options_of(own), strict=False))
        differing = [place for place, (one, other) in enumerate(pairs) if one != other]
        return (len(differing) or len(pairs) + 1, size_at not in differing)

    return sorted(stocked, key=apart)[:MOST_VARIANTS]


def _reworded(draft: Draft, said: Said) -> bool:
    """Whether it is this message that names what is wanted."""
    return bool(draft.wanted) and draft.wanted == said.text


def _heard(
    draft: Draft,
    said: Said,
    asked: str | None,
    line: OrderLine,
    choices: Sequence[Variant],
    count: int,
    *,
    anew: bool,
) -> Choice:
    own = own_variant(line, choices)
    if said.choice and said.choice[0] == "variant":
        return Choice(variants=tuple(variant for variant in choices if variant.id == said.choice[1]), said=True)
    if len(choices) == 1 and choices[0] == own:
        return Choice(variants=(own,), same=True)  # there is but one: a new one of the same is what is meant
    words = said.text if anew else draft.wanted or ""
    choice = choose(words, choices, current=own)
    if choice.variants == (own,) and not choice.same and draft.reason not in MERCHANT_FAULT:
        return Choice(said=True, beyond=True)  # asked for another colour, of which there is only the one at hand
    if choice.said or choice.variants:
        return choice
    if asked == d.VARIANT:
        offered = [variant.id for variant in offered_variants(line, choices, {}, count=count)]
        picked = pick(said, offered)
        return Choice(variants=tuple(v for v in choices if v.id == picked), said=picked is not None)
    again = draft.reason in _SAME_AGAIN and asked != d.CONFIRMED
    return Choice(variants=(own,)) if again else choice


def _note(noted: dict[str, list[str]], choice: Choice, in_stock: Sequence[Variant]) -> None:
    if in_stock:
        noted["variants"] = [variant.id for variant in in_stock]
    elif choice.variants:
        noted["sold_out"] = [variant.id for variant in choice.variants]
    elif choice.beyond:
        noted["beyond"] = ["size"]


async def _catalogue(scene: Scene, order: Order, draft: Draft) -> dict[str, Sequence[Variant]]:
    if draft.reason is not None or not all(item in draft.variants for item in draft.items):
        return {}
    lines = [order.line(item) for item in draft.items]
    return {line.id: await list_choices(scene.ctx, order=order, line=line) for line in lines}


def _with_reason(draft: Draft, order: Order, catalogue: dict[str, Sequence[Variant]]) -> Draft:
    """Another size, or another colour, tells the reason too; the same again does not."""
    for line_id, choices in catalogue.items():
        own = own_variant(order.line(line_id), choices)
        wanted = next((variant for variant in choices if variant.id == draft.variants[line_id]), own)
        size_at = size_option(choices)
        pairs = enumerate(zip(options_of(own), options_of(wanted), strict=False))
        differing = [place for place, (before, after) in pairs if before != after]
        if differing:
            return replace(draft, reason=Reason.WRONG_SIZE if size_at in differing else Reason.NO_LONGER_NEEDED)
    return draft
