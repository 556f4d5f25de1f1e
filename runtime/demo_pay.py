"""The demo's page on which a customer pays what an exchange costs more, in both languages and without scripts."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from string import Template
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import html, redirect

from aftersales.domain.errors import Conflict, NotFound
from aftersales.ports import PaymentRequest
from aftersales.stores.embedded_payment_requests import EmbeddedPaymentRequests
from connectors.web.problems import Problem
from runtime import formats
from runtime.shops import PAY_PAGE

_REFERENCE = re.compile(r"[A-Za-z0-9_-]{10,64}")


def pay_blueprint(folder: Path) -> Blueprint:
    """The routes; they find the requests at `app.ctx.demo.requests`. Who knows a reference may see and pay it."""
    pages = {file.stem: Template(file.read_text(encoding="utf8")) for file in folder.glob("*.html")}

    async def show(request: Request, reference: str) -> HTTPResponse:
        found = await _find(request, reference)
        words = {"ZH": formats.money(found.amount, "zh"), "EN": formats.money(found.amount, "en")}
        return html(pages["page"].substitute(STATE=pages[found.status].substitute(words)))

    async def pay(request: Request, reference: str) -> HTTPResponse:
        found = await _find(request, reference)
        with suppress(Conflict):  # cancelled meanwhile: the page says so
            await _requests(request).pay(found.reference)
        return redirect(f"{PAY_PAGE}/{found.reference}", status=303)

    blueprint = Blueprint("pay", url_prefix=PAY_PAGE)
    add: Any = blueprint.add_route
    add(show, "/<reference:str>", methods=["GET"], name="show")
    add(pay, "/<reference:str>", methods=["POST"], name="pay")
    return blueprint


def _requests(request: Request) -> EmbeddedPaymentRequests:
    requests: EmbeddedPaymentRequests = request.app.ctx.demo.requests
    return requests


async def _find(request: Request, reference: str) -> PaymentRequest:
    """Raises Problem not_found."""
    try:
        if not _REFERENCE.fullmatch(reference):
            raise NotFound("payment")
        return await _requests(request).by_reference(reference)
    except NotFound:
        raise Problem("not_found") from None
