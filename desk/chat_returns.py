"""Filing a return for the customer out of the chat: the goods, the verdict with every check, and the filing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from sanic import HTTPResponse, Request
from sanic.exceptions import PayloadTooLarge
from sanic.response import json

from aftersales.domain.accounts import Account, Right
from aftersales.domain.errors import AftersalesError, Conflict, Invalid, Refused
from aftersales.domain.ids import new_id
from aftersales.domain.money import Money
from aftersales.domain.orders import Order, OrderLine, Variant
from aftersales.domain.reasons import Reason
from aftersales.domain.remedies import Remedy, Wish
from aftersales.services.exchange_choice import list_choices
from aftersales.services.returns_in_chat import Asked, Verdict, file_in_chat, order_in_chat, quote_in_chat
from desk.application import Desk, back_to, desk_of, language_of, session_of, show
from desk.chat_deeds import failed, problem_of_chat, wants_json
from desk.decisions import NAME
from desk.forms import read_form

_UNITS, _VARIANT = "units:", "variant:"
_MOST_FIELDS = 250
_MOST_DIGITS = 4
_LONGEST_AMOUNT = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the form says so far. `reason` is None until it is chosen: then there is no verdict either."""

    order_number: str
    units: Mapping[str, int] = field(default_factory=dict)
    variants: Mapping[str, str] = field(default_factory=dict)
    reason: Reason | None = None
    remedy: Remedy = Remedy.RETURN

    @property
    def asked(self) -> Asked | None:
        """None while goods, reason, or what comes in exchange for something are not chosen."""
        if not self.units or self.reason is None:
            return None
        if self.remedy is not Remedy.EXCHANGE:
            wish = Wish(remedy=self.remedy)
        elif self.reason is Reason.MISSING_ITEM or self.variants.keys() == self.units.keys():
            wish = Wish(remedy=self.remedy, variants=self.variants)
        else:
            return None
        return Asked(order_number=self.order_number, items=list(self.units.items()), reason=self.reason, wish=wish)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """A line of the order as the form shows it; `choices` are what it can be exchanged for."""

    line: OrderLine
    choices: Sequence[Variant]


def read_draft(fields: Mapping[str, str]) -> Draft:
    """Raises Invalid for what the page's form does not send."""
    units = {
        name.removeprefix(_UNITS): _count(value)
        for name, value in fields.items()
        if name.startswith(_UNITS) and value not in ("", "0")
    }
    variants = {
        name.removeprefix(_VARIANT): value
        for name, value in fields.items()
        if name.startswith(_VARIANT) and value and name.removeprefix(_VARIANT) in units
    }
    try:
        reason = Reason(fields["reason"]) if fields.get("reason") else None
        remedy = Remedy(fields.get("remedy") or Remedy.RETURN)
    except ValueError:
        raise Invalid("reason") from None
    return Draft(
        order_number=fields.get("order", ""), units=units, variants=variants, reason=reason, remedy=remedy
    )


async def chat_return_page(request: Request, conversation_id: str) -> HTTPResponse:
    """GET /desk/chats/{id}/return?order=…: with `units:<line>`, reason and remedy also the verdict."""
    if session_of(request) is None:
        return back_to(request, "sign-in", next=_chat(conversation_id))
    fields = {name: values[-1] for name, values in request.args.items() if values}
    return await _page(request, conversation_id, fields)


async def file_chat_return(request: Request, conversation_id: str) -> HTTPResponse:
    """POST /desk/chats/{id}/return: files what the page showed, once per `key`; leads back to the chat."""
    session = session_of(request)
    try:
        fields = await read_form(request, most_fields=_MOST_FIELDS)
    except PayloadTooLarge:
        return back_to(request, _chat(conversation_id), problem="too_large")
    if session is None:
        return back_to(request, "sign-in", next=_chat(conversation_id))
    if not session.owns(fields.get("form_token", "")):
        return back_to(request, _chat(conversation_id), problem="form")
    desk = desk_of(request)
    try:
        await _file(desk, session.account, conversation_id, fields)
    except AftersalesError as error:
        if wants_json(request):
            return await failed(request, conversation_id, _problem(error), fields)
        return await _page(request, conversation_id, fields, error=error)
    desk.live.wake(conversation_id)
    if wants_json(request):
        return json({"done": True})
    return back_to(request, _chat(conversation_id), done="1")


async def _file(desk: Desk, account: Account, conversation_id: str, fields: Mapping[str, str]) -> None:
    asked, key = read_draft(fields).asked, fields.get("key", "")
    if asked is None or not NAME.fullmatch(key) or not NAME.fullmatch(conversation_id):
        raise Invalid("form")
    currency = fields.get("currency", "")
    to_pay = fields.get("to_pay", "")
    await file_in_chat(
        desk.context,
        account,
        conversation_id=conversation_id,
        asked=asked,
        key=key,
        agreed=_minor(fields.get("agreed", ""), currency),
        agreed_to_pay=_minor(to_pay, currency) if to_pay else None,
        comment=fields.get("comment", ""),
        exception=fields.get("exception"),
    )


async def _page(
    request: Request, conversation_id: str, fields: Mapping[str, str], *, error: AftersalesError | None = None
) -> HTTPResponse:
    """The form, and the verdict as it is now; after a filing that failed, why."""
    desk, session = desk_of(request), session_of(request)
    if session is None or not NAME.fullmatch(conversation_id):
        return back_to(request, "chats", problem="not_found")
    problem = _problem(error) if error else ""
    try:
        draft = read_draft(fields)
        order = await order_in_chat(
            desk.context, session.account, conversation_id=conversation_id, number=draft.order_number
        )
        verdict = await _verdict(desk, session.account, conversation_id, draft)
        goods = await _goods(desk, order, draft)
    except AftersalesError as odd:
        return _away(request, conversation_id, odd)
    words = desk.pages.texts(language_of(request))(f"problem_{problem}") if problem else ""
    return show(
        request,
        "chat_return.html",
        status=(409 if isinstance(error, Conflict | Refused) else 422) if error else 200,
        page=f"{_chat(conversation_id)}/return?{urlencode({'order': order.number})}" if error else "",
        chat_id=conversation_id,
        order=order,
        draft=draft,
        goods=goods,
        verdict=verdict,
        reasons=[reason.value for reason in Reason],
        remedies=await _remedies(desk),
        may_except=session.account.may(Right.GRANT_EXCEPTIONS),
        key=fields.get("key") or new_id(),
        typed={name: fields.get(name, "") for name in ("comment", "exception")},
        problem=problem,
        problem_words=words,
    )


async def _verdict(desk: Desk, account: Account, conversation_id: str, draft: Draft) -> Verdict | None:
    if draft.asked is None:
        return None
    return await quote_in_chat(desk.context, account, conversation_id=conversation_id, asked=draft.asked)


async def _remedies(desk: Desk) -> Sequence[str]:
    """All, without exchanges where the shop cannot make them."""
    able = (await desk.context.shop.capabilities()).exchanges
    return [remedy.value for remedy in Remedy if able or remedy is not Remedy.EXCHANGE]


async def _goods(desk: Desk, order: Order, draft: Draft) -> Sequence[Goods]:
    """The lines; with choices where the draft exchanges them."""
    swapped = draft.units.keys() if draft.remedy is Remedy.EXCHANGE else frozenset[str]()
    return [
        Goods(
            line=line,
            choices=await list_choices(desk.context, order=order, line=line) if line.id in swapped else (),
        )
        for line in order.lines
    ]


def _away(request: Request, conversation_id: str, error: AftersalesError) -> HTTPResponse:
    """Back to the chat of an agent who may not (any more) file here, or for what cannot be shown."""
    problem = "not_your_chat" if isinstance(error, Conflict) else problem_of_chat(error)
    return back_to(request, _chat(conversation_id), problem=problem)


def _problem(error: AftersalesError) -> str:
    if isinstance(error, Invalid) and error.field == "exception":
        return "exception"
    return "return_changed" if isinstance(error, Refused | Conflict) else problem_of_chat(error)


def _chat(conversation_id: str) -> str:
    return f"chats/{conversation_id}" if NAME.fullmatch(conversation_id) else "chats"


def _count(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS):
        raise Invalid("quantity")
    return int(value)


def _minor(value: str, currency: str) -> Money:
    """What the page showed, to be compared with what it is by now."""
    if not (value.isascii() and value.isdigit() and len(value) <= _LONGEST_AMOUNT):
        raise Invalid("form")
    return Money(int(value), currency)
