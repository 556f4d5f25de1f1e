"""The desk's pages about cases and feedback, and the pictures that belong to a case."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from sanic import HTTPResponse, Request
from sanic.response import raw

from aftersales.domain.cases import CLAIMS, CUSTOMERS_KINDS, LIVE, Case, CaseNote, Severity
from aftersales.domain.claims import Decision
from aftersales.domain.conversations import Message
from aftersales.domain.errors import AftersalesError, NotFound
from aftersales.domain.ids import new_id
from aftersales.ports import Attachment, Pressing
from aftersales.services.attachments import read_attachment
from aftersales.services.bounces import has_bounced
from aftersales.services.case_sorting import duplicates_of
from aftersales.services.cases import open_cases
from aftersales.services.context import Context
from aftersales.services.feedback import read_feedback
from aftersales.services.overview import case_with_talk, read_notes, reads_replies
from aftersales.services.sightings import note_sighting
from desk.application import back_to, desk_of, language_of, session_of, show
from desk.case_clocks import standing_of
from desk.case_money import money_of

MOST = 100
_PRESSING: Mapping[str, Pressing] = {"overdue": "overdue", "soon": "soon"}
_NUMBER = re.compile(r"[A-Za-z0-9-]{1,40}")


async def cases_page(request: Request) -> HTTPResponse:
    """GET /desk/cases: those due soonest first; ?show=overdue or soon: those alone."""
    if session_of(request) is None:
        return back_to(request, "sign-in")
    ctx = desk_of(request).context
    wanted = _PRESSING.get(request.args.get("show", ""))
    cases = await open_cases(ctx, limit=MOST, pressing=wanted)
    names = await read_names(ctx, cases)
    rows = [
        (case, standing_of(case, ctx.clock.now()), names.get(case.customer_id or ""), _department(request, case))
        for case in cases
    ]
    return show(request, "cases.html", rows=rows, most=MOST, shown=wanted or "all")


async def case_page(request: Request, number: str) -> HTTPResponse:
    """GET /desk/cases/{number}: the case, its evidence and notes, and what was said."""
    session = session_of(request)
    if session is None:
        return back_to(request, "sign-in")
    ctx = desk_of(request).context
    if not _NUMBER.fullmatch(number):
        return back_to(request, "cases", problem="not_found")
    try:
        case, talk = await case_with_talk(ctx, number=number)
    except NotFound:
        return back_to(request, "cases", problem="not_found")
    await note_sighting(ctx, session.account, "case", case.number)
    notes = await read_notes(ctx, case)
    duplicates = [(one, await read_notes(ctx, one)) for one in await duplicates_of(ctx, number=case.number)]
    names = await read_names(ctx, [case])
    return show(
        request,
        "case.html",
        case=case,
        standing=standing_of(case, ctx.clock.now()),
        talk=talk,
        notes=notes,
        files=await _all_files(ctx, [(case, notes), *duplicates], talk),
        duplicates=duplicates,
        departments=_departments(request),
        severities=list(Severity),
        customer=names.get(case.customer_id or ""),
        mail_comes_back=await has_bounced(ctx, case.customer_id),
        department=_department(request, case),
        is_read=await reads_replies(ctx, conversation_id=case.conversation_id),
        is_live=case.state in LIVE,
        decisions=[decision.value for decision in Decision] if case.kind in CLAIMS else [],
        reply_id=new_id(),
        link=ctx.links.link(case.number, now=ctx.clock.now()) if case.kind in CUSTOMERS_KINDS else "",
        case_money=await money_of(ctx, case),
    )


async def picture(request: Request, number: str, attachment_id: str) -> HTTPResponse:
    """GET /desk/cases/{number}/files/{id}: a file that was sent in the case's conversation."""
    if session_of(request) is None:
        return back_to(request, "sign-in")
    desk = desk_of(request)
    if not _NUMBER.fullmatch(number) or not _NUMBER.fullmatch(attachment_id):
        return back_to(request, "cases", problem="not_found")
    try:
        case, _ = await case_with_talk(desk.context, number=number)
        attachment = await read_attachment(
            desk.context, conversation_id=case.conversation_id, attachment_id=attachment_id
        )
        content = await asyncio.to_thread((desk.folder / attachment.path).read_bytes)
    except (NotFound, FileNotFoundError):
        return back_to(request, "cases", problem="not_found")
    return file_response(attachment, content)


def file_response(attachment: Attachment, content: bytes) -> HTTPResponse:
    """A file of a customer: pictures are shown, all else is saved; nothing in it runs in the desk's name."""
    shown = "inline" if attachment.media_type.startswith("image/") else "attachment"
    headers = {
        "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(attachment.name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-store",
    }
    return raw(content, content_type=attachment.media_type, headers=headers)


async def feedback_page(request: Request) -> HTTPResponse:
    """GET /desk/feedback: averages and the newest words."""
    if session_of(request) is None:
        return back_to(request, "sign-in")
    newest, averages = await read_feedback(desk_of(request).context, limit=MOST)
    return show(request, "feedback.html", rows=newest, averages=averages, most=MOST)


async def read_names(ctx: Context, cases: Iterable[Case]) -> Mapping[str, str]:
    """Customers' names by id; those that the shop cannot tell just now are left out."""
    names: dict[str, str] = {}
    for customer_id in {case.customer_id for case in cases if case.customer_id}:
        try:
            names[customer_id] = (await ctx.shop.get_customer(customer_id)).name
        except AftersalesError:
            continue
    return names


def _department(request: Request, case: Case) -> str:
    found = desk_of(request).context.policy.cases.departments.get(case.department)
    return found.name.of(language_of(request)) if found else case.department


def _departments(request: Request) -> Mapping[str, str]:
    """Ids and names of all that there are."""
    language, found = language_of(request), desk_of(request).context.policy.cases.departments
    return {name: department.name.of(language) for name, department in found.items()}


async def _all_files(
    ctx: Context, cases: Iterable[tuple[Case, Sequence[CaseNote]]], talk: Sequence[Message]
) -> Mapping[str, Attachment]:
    found: dict[str, Attachment] = {}
    for case, notes in cases:
        found |= await _files(ctx, case, notes, talk)
    return found


async def _files(
    ctx: Context, case: Case, notes: Sequence[CaseNote], talk: Sequence[Message]
) -> Mapping[str, Attachment]:
    """What is known of every file of the case and its talk, by id; those that are gone are left out."""
    added = [attachment_id for note in notes for attachment_id in note.attachment_ids]
    sent = [attachment_id for message in talk for attachment_id in message.attachment_ids]
    found: dict[str, Attachment] = {}
    for attachment_id in dict.fromkeys((*case.attachment_ids, *added, *sent)):
        try:
            found[attachment_id] = await read_attachment(
                ctx, conversation_id=case.conversation_id, attachment_id=attachment_id
            )
        except NotFound:
            continue
    return found
