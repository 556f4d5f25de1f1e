"""Searching what was said in all talks."""

from __future__ import annotations

import asyncio

from sanic import HTTPResponse, Request

from aftersales.services.conversations import clean_text
from aftersales.services.handoff_views import search_talks
from aftersales.services.sightings import note_sighting
from desk.application import back_to, desk_of, session_of, show

MOST = 100
SHORTEST = 2
_LONGEST = 100


async def search_page(request: Request) -> HTTPResponse:
    """GET /desk/chats/search?q=…: messages with these words in them, two characters or more."""
    session = session_of(request)
    if session is None:
        return back_to(request, "sign-in")
    desk = desk_of(request)
    await note_sighting(desk.context, session.account, "search", "talks")
    words = clean_text(request.args.get("q", ""))[:_LONGEST]
    found = await search_talks(desk.context, words=words, limit=MOST) if len(words) >= SHORTEST else []
    ids = {talk.customer_id for _, talk in found if talk.customer_id is not None}
    customers = await asyncio.gather(*(desk.known.customer(one) for one in ids))
    names = {customer.id: customer.name for customer in customers if customer is not None}
    return show(request, "chats_search.html", words=words, found=found, names=names, most=MOST, shortest=SHORTEST)
