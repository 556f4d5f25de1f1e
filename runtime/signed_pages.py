"""The pages behind signed links, put together: cases, returns, and what customers want to be told."""

from __future__ import annotations

from typing import Any

from sanic import Blueprint, Sanic

from aftersales.services.context import Context
from connectors.web.case_page.inbound import CaseLinkPages, case_link_blueprint
from connectors.web.case_page.pages import CasePages
from connectors.web.preferences_page.inbound import PreferencesLinkPages, preferences_link_blueprint
from connectors.web.preferences_page.pages import PreferencesPages
from connectors.web.return_page.inbound import ReturnLinkPages, return_link_blueprint
from connectors.web.return_page.pages import ReturnPages
from runtime.texts import shipped_texts


def signed_page_blueprints() -> list[Blueprint]:
    """Their routes; see provide_signed_pages."""
    return [case_link_blueprint(), return_link_blueprint(), preferences_link_blueprint()]


def provide_signed_pages(app: Sanic[Any, Any], context: Context, *, shop_name: str) -> None:
    """What the routes find at `app.ctx`."""
    zone = context.zone
    app.ctx.case_links = CaseLinkPages(context, CasePages(shipped_texts(), zone=zone))
    app.ctx.return_links = ReturnLinkPages(context, ReturnPages(zone=zone))
    app.ctx.preferences_links = PreferencesLinkPages(context, PreferencesPages(shop_name=shop_name))
