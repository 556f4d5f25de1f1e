"""What a person does with a case at the desk: take it, write to the customer, settle a claim, close it."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping

from sanic import HTTPResponse, Request

from aftersales.domain.accounts import Account
from aftersales.domain.cases import NoteKind, Severity
from aftersales.domain.errors import Invalid
from aftersales.services.agent_deeds import do_as
from aftersales.services.case_desk import assign_case, write_about_case
from aftersales.services.case_sorting import merge_cases, reclassify_case
from aftersales.services.cases import close_case
from aftersales.services.context import Context
from desk.application import desk_of
from desk.case_money import money_deed
from desk.decisions import NAME, done, guard
from desk.forms import read_form


async def decide_case(request: Request, number: str, decision: str) -> HTTPResponse:
    """POST /desk/cases/{number}/assign, reply, close, reclassify, merge, or a deed of case_money."""
    form = await read_form(request)
    guarded = guard(request, form, number)
    if isinstance(guarded, HTTPResponse):
        return guarded
    deed = case_deed(desk_of(request).context, guarded, number, decision, form)
    return await done(request, deed, page="cases" if decision == "close" else f"cases/{number}")


async def case_deed(ctx: Context, account: Account, number: str, decision: str, form: Mapping[str, str]) -> object:
    """What became of it. Raises Invalid for what no form of ours asks for, and what the services raise."""
    deed = _deed(ctx, account, number, decision, form)
    if deed is None:
        raise Invalid("decision")
    return await deed


def _deed(
    ctx: Context, account: Account, number: str, decision: str, form: Mapping[str, str]
) -> Awaitable[object] | None:
    text, key = form.get("text", ""), form.get("reply_id", "")
    match decision:
        case "assign":
            return do_as(ctx, account, assign_case, number=number)
        case "close":
            return do_as(ctx, account, close_case, number=number)
        case "reply" if NAME.fullmatch(key) and form.get("kind", NoteKind.ANSWER) in _WRITTEN:
            kind = NoteKind(form.get("kind", NoteKind.ANSWER))
            return do_as(ctx, account, write_about_case, number=number, kind=kind, text=text, key=key)
        case "reclassify" if form.get("severity") in set(Severity):
            return do_as(
                ctx,
                account,
                reclassify_case,
                number=number,
                severity=Severity(form["severity"]),
                department=form.get("department", ""),
                reason=form.get("reason", ""),
            )
        case "merge" if NAME.fullmatch(into := form.get("into", "").strip().upper()):
            return do_as(ctx, account, merge_cases, number=number, into=into)
    return money_deed(ctx, account, number, decision, form)


_WRITTEN = frozenset({NoteKind.ANSWER, NoteKind.QUESTION, NoteKind.RESOLUTION})
