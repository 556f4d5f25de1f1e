"""The desk's page with the statement of an order."""

from __future__ import annotations

from sanic import HTTPResponse, Request

from aftersales.domain.errors import NotFound, Unavailable
from aftersales.domain.statements import totals_by_currency
from aftersales.services.sightings import note_sighting
from aftersales.services.statements import read_statement
from desk.application import back_to, desk_of, session_of, show


async def statement_page(request: Request, number: str) -> HTTPResponse:
    """GET /desk/orders/{number}/statement: what was paid, what became of it, and who did what."""
    session = session_of(request)
    if session is None:
        return back_to(request, "sign-in")
    ctx = desk_of(request).context
    try:
        statement = await read_statement(ctx, number=number)
    except (NotFound, Unavailable) as error:
        return back_to(request, "refunds", problem=error.code)
    await note_sighting(ctx, session.account, "order", number)
    whole = list(totals_by_currency([statement]).values())
    return show(request, "statement.html", statement=statement, whole=whole)
