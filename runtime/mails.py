"""What a mail of the outbox says, and whether it may still be sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aftersales.domain.mail_subjects import NOT_MAILED, subject_of
from aftersales.domain.texts import Language
from aftersales.ports import Mail
from aftersales.services.bounces import is_given_up
from aftersales.services.context import Context
from aftersales.services.preferences import preferences_of
from aftersales.services.reaching import Fill
from aftersales.services.status_links import preferences_link, status_link
from connectors.email.layout import Letter, MailLayout

_CODE = "code"


class MailWriter:
    """`fill` puts parameters into words.

    A payload has `to`, `response` (without "utter_"), `language` and `parameters`; news also `news` and
    `customer_id`, and only then there are links in it: a code is for whoever reads it, not for a customer.
    """

    def __init__(self, ctx: Context, *, shop_name: str, fill: Fill) -> None:
        self._ctx = ctx
        self._shop_name = shop_name
        self._fill = fill
        self._layout = MailLayout(shop_name=shop_name)

    def write(self, payload: Mapping[str, Any]) -> Mail:
        """Raises KeyError for a response that has no subject, and for a parameter that is missing."""
        customer_id = payload["customer_id"] if payload.get("news") else None
        preferences = preferences_link(self._ctx, customer_id) if customer_id else ""
        letter = self._letter(payload, preferences=preferences, is_news=customer_id is not None)
        if "@" not in payload["to"]:
            return self._text(payload, letter)
        return Mail(
            to=payload["to"],
            subject=letter.subject,
            text=self._layout.text(letter),
            html=self._layout.html(letter),
            # RFC 8058 (3.1) wants an https address; without one the link in the mail is there all the same.
            unsubscribe=f"{preferences}/off" if preferences.startswith("https://") else "",
        )

    def _text(self, payload: Mapping[str, Any], letter: Letter) -> Mail:
        """For a phone: the words and the link, and what a gateway with templates of its own needs."""
        parameters = self._fill(payload["parameters"], letter.language)
        return Mail(
            to=payload["to"],
            subject=letter.subject,
            text=" ".join(filter(None, (letter.text, letter.link))),
            template=str(payload["response"]),
            parameters={name: str(value) for name, value in parameters.items()},
            language=letter.language,
        )

    def _letter(self, payload: Mapping[str, Any], *, preferences: str, is_news: bool) -> Letter:
        language: Language = payload["language"]
        response = f"utter_{payload['response']}"
        parameters = {"shop": self._shop_name, **self._fill(payload["parameters"], language)}
        texts = self._ctx.texts
        return Letter(
            language=language,
            subject=texts.render(subject_of(response), language, **parameters),
            text=texts.render(response, language, **parameters),
            code="" if is_news else str(parameters.get(_CODE, "")),
            link=status_link(self._ctx, str(parameters.get("number", ""))) if is_news else "",
            preferences=preferences,
        )


async def as_wanted(ctx: Context, payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The payload in the language that the customer has chosen; a code as it is.

    None for news where the customer wants none by now, where they would only come back, and for what makes
    sense in the talk alone.
    """
    if not payload.get("news"):
        return payload
    if f"utter_{payload['response']}" in NOT_MAILED:
        return None
    async with ctx.unit_of_work(read_only=True) as uow:
        chosen = await preferences_of(uow, payload["customer_id"])
        wanted = chosen.email if "@" in payload["to"] else chosen.app
        if not wanted or await is_given_up(uow, payload["to"]):
            return None
    return {**payload, "language": chosen.language or payload["language"]}
