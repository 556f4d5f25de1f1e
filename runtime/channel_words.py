"""A message as plain text: its words, and below them what its cards show, for apps that draw no cards.

What the words say is not said again: a card stands beside the words in the widget, but below them here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from aftersales.domain.conversations import Message
from aftersales.domain.money import Money
from aftersales.domain.texts import Language
from aftersales.ports import Texts
from runtime import formats

Card = Mapping[str, Any]
_SUMS = {
    "to_pay": "utter_channel_card_to_pay",
    "amount": "utter_channel_card_back",
    "fee": "utter_channel_card_fee",
}


class ChannelWords:
    """`zone` is the shop's, in which the days of orders are told."""

    def __init__(self, texts: Texts, *, zone: ZoneInfo) -> None:
        self._texts = texts
        self._zone = zone
        self._read: Mapping[str, Callable[[Card, str, Language], list[str]]] = {
            "order": self._order,
            "verdict": self._verdict,
            "return": self._return,
        }

    def read(self, message: Message, language: Language) -> str:
        """The text, an empty line, and a paragraph for each card; cards of an unknown type are left out."""
        paragraphs = [message.text]
        for card in message.cards:
            read = self._read.get(str(card.get("type")))
            if read is not None:
                paragraphs.append("\n".join(read(card, message.text, language)))
        return "\n\n".join(filter(None, paragraphs))

    def _order(self, card: Card, said: str, language: Language) -> list[str]:
        placed = datetime.fromisoformat(card["placed_at"]).astimezone(self._zone)
        head = self._say(
            "utter_channel_card_order",
            language,
            number=card["number"],
            day=f"{placed:%Y-%m-%d}",
            amount=_money(card["total"], language),
        )
        return [head, *_lines(card, language)]

    def _verdict(self, card: Card, said: str, language: Language) -> list[str]:
        """What is paid back, and less what; which rule decided is told where the answer is no."""
        if not card["allowed"]:
            rule = card["rule_text"]
            return [] if rule in said else [self._say("utter_channel_card_rule", language, rule=rule)]
        lines = [_line(line, language) for line in card["lines"] if not _is_said(line, said, language)]
        sums = ("to_pay",) if card["to_pay"] else ("amount", "fee")
        for name in sums:
            amount = "" if _is_zero(card[name]) else _money(card[name], language)
            if amount and amount not in said:
                lines.append(self._say(_SUMS[name], language, amount=amount))
        return lines

    def _return(self, card: Card, said: str, language: Language) -> list[str]:
        """Words that name the return tell what comes next as well."""
        lines = _lines(card, language)
        if card["number"] in said:
            return lines
        head = self._say("utter_channel_card_return", language, number=card["number"])
        step = str(card.get("next_step_text") or "")
        return [head, *lines, *([] if step in said else [step])]

    def _say(self, response: str, language: Language, **parameters: str) -> str:
        return self._texts.render(response, language, **parameters)


def _lines(card: Card, language: Language) -> list[str]:
    return [_line(line, language) for line in card.get("lines", ())]


def _is_said(line: Card, said: str, language: Language) -> bool:
    """Whether the words name these goods with the amount that they bring."""
    amount = line.get("amount")
    return line["title"] in said and (not amount or _money(amount, language) in said)


def _line(line: Card, language: Language) -> str:
    options = line.get("options")
    shown = f"（{options}）" if options and language == "zh" else f" ({options})" if options else ""
    amount = line.get("amount")
    price = f"  {_money(amount, language)}" if amount else ""
    return f"· {line['title']}{shown} ×{line['quantity']}{price}"


def _money(amount: Card, language: Language) -> str:
    return formats.money(Money.parse(amount["amount"], amount["currency"]), language)


def _is_zero(amount: Card | None) -> bool:
    return amount is None or Money.parse(amount["amount"], amount["currency"]).minor == 0
