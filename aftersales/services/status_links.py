"""Links under which a customer sees how things stand, for whoever writes to them."""

from __future__ import annotations

from aftersales.domain.signed_links import LinkTo, name_of_customer
from aftersales.services.context import Context

# As add_numbered is called for them; other numbers have no page.
_PAGES = {"RT": LinkTo.RETURN, "CS": LinkTo.CASE}


def status_link(ctx: Context, number: str) -> str:
    """To the page of the return or case of this number; "" for what has none, and where links cannot be signed."""
    to = _PAGES.get(number[:2])
    return ctx.links.link(number, now=ctx.clock.now(), to=to) if to and ctx.links.key else ""


def preferences_link(ctx: Context, customer_id: str) -> str:
    """To the page on which the customer chooses what to be told; "" where links cannot be signed."""
    name = name_of_customer(customer_id)
    return ctx.links.link(name, now=ctx.clock.now(), to=LinkTo.PREFERENCES) if ctx.links.key else ""
