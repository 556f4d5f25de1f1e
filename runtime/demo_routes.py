"""What the demo shop's pages need: goods, customers to sign in as, and the mailbox. Only with settings.demo."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json, redirect
from sqlalchemy.ext.asyncio import AsyncEngine

from aftersales.domain.ids import new_id
from aftersales.domain.texts import Language
from aftersales.ports import Clock, ShopBackend
from aftersales.services.context import Context
from aftersales.stores.base import make_engine
from aftersales.stores.demo_reads import list_customers, list_products
from aftersales.stores.embedded_payment_requests import EmbeddedPaymentRequests
from aftersales.stores.mailbox import EmbeddedMailbox
from connectors.web.bodies import read_json
from connectors.web.payloads import instant
from connectors.web.problems import Problem, language_of
from runtime.settings import Settings
from runtime.shops import PAY_PAGE
from runtime.static_files import Folder

LIFETIME = timedelta(minutes=2)
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


@dataclass(frozen=True)
class Demo:
    """`site_key` is the HS256 secret that the demo shop shares with the chat; empty when there is none."""

    engine: AsyncEngine
    mailbox: EmbeddedMailbox
    requests: EmbeddedPaymentRequests
    shop: ShopBackend
    clock: Clock
    site_key: str
    audience: str


@asynccontextmanager
async def open_demo(settings: Settings, context: Context) -> AsyncIterator[Demo]:
    key = settings.site_token_key.get_secret_value()
    engine = make_engine(settings.database)
    try:
        yield Demo(
            engine=engine,
            mailbox=EmbeddedMailbox(engine, context.clock),
            requests=EmbeddedPaymentRequests(engine, context.clock, page=f"{settings.front_url}{PAY_PAGE}"),
            shop=context.shop,
            clock=context.clock,
            site_key="" if key.startswith("-----BEGIN") else key,
            audience=settings.site_token_audience,
        )
    finally:
        await engine.dispose()


def demo_blueprint(pages: Callable[[str], Folder]) -> Blueprint:
    """The routes; they find their Demo at `app.ctx.demo`. `pages` gives the folder of a page."""
    blueprint = Blueprint("demo")
    add: Any = blueprint.add_route
    add(_home, "/", methods=["GET"])
    for name, prefix in (("mailbox", "/demo/mailbox"), ("demo", "/demo")):
        folder = pages(name)
        add(folder.page, f"{prefix}/", methods=["GET"], name=f"{name}_index")
        add(folder.file, f"{prefix}/<path:path>", methods=["GET"], name=f"{name}_file")
    add(_products, "/demo/api/products", methods=["GET"])
    add(_customers, "/demo/api/customers", methods=["GET"])
    add(_sign_in, "/demo/api/sign-in", methods=["POST"], stream=True)
    add(_mails, "/demo/api/mails", methods=["GET"])
    return blueprint


def _demo(request: Request) -> Demo:
    demo: Demo = request.app.ctx.demo
    return demo


async def _home(_request: Request) -> HTTPResponse:
    return redirect("/demo/", status=302)


async def _products(request: Request) -> HTTPResponse:
    wished = request.args.get("language")
    language: Language = "zh" if wished == "zh" else "en" if wished == "en" else language_of(request)
    products = await list_products(_demo(request).engine, language)
    return json(
        [
            {
                "title": product["title"],
                "price": {"amount": product["price"], "currency": product["currency"]},
                "image": product["image"],
            }
            for product in products
        ]
    )


async def _customers(request: Request) -> HTTPResponse:
    customers = await list_customers(_demo(request).engine)
    return json([{"id": customer["id"], "name": customer["name"]} for customer in customers])


async def _sign_in(request: Request) -> HTTPResponse:
    """What a shop's own server does for its signed-in visitor."""
    demo = _demo(request)
    wanted = (await read_json(request)).get("customer_id")
    if not isinstance(wanted, str) or not _ID.fullmatch(wanted):
        raise Problem("bad_request")
    if not demo.site_key:
        raise Problem("unavailable")
    customer = await demo.shop.get_customer(wanted)
    now = demo.clock.now()
    claims = {"sub": customer.id, "aud": demo.audience, "iat": now, "exp": now + LIFETIME, "jti": new_id()}
    return json({"site_token": jwt.encode(claims, demo.site_key, algorithm="HS256"), "name": customer.name})


async def _mails(request: Request) -> HTTPResponse:
    after = request.args.get("after", "0")
    if not re.fullmatch(r"[0-9]{1,9}", after):
        raise Problem("bad_request")
    mails = await _demo(request).mailbox.list_mails(after=int(after))
    return json(
        [{"id": m.id, "to": m.to, "subject": m.subject, "text": m.text, "at": instant(m.at)} for m in mails]
    )
