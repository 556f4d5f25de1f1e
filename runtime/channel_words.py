"""A message as plain text: its words, and below them what its cards show, for apps that draw no cards."""

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
_NOTHING = ("", None)


class ChannelWords:
    """`zone` is the shop's, in which the days of orders are told."""

    def __init__(self, texts: Texts, *, zone: ZoneInfo) -> None:
        self._texts = texts
        self._zone = zone
        self._read: Mapping[str, Callable[[Card, Language], list[str]]] = {
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
                paragraphs.append("\n".join(read(card, language)))
        return "\n\n".join(filter(None, paragraphs))

    def _order(self, card: Card, language: Language) -> list[str]:
        placed = datetime.fromisoformat(card["placed_at"]).astimezone(self._zone)
        head = self._say(
            "utter_channel_card_order",
            language,
            number=card["number"],
            day=f"{placed:%Y-%m-%d}",
            amount=_money(card["total"], language),
        )
        return [head, *self._lines(card, language)]

    def _verdict(self, card: Card, language: Language) -> list[str]:
        """What is paid back, and less what; which rule decided is told where the answer is no."""
        if not card["allowed"]:
            return [self._say("utter_channel_card_rule", language, rule=card["rule_text"])]
        lines = self._lines(card, language)
        if card["to_pay"]:
            amount = _money(card["to_pay"], language)
            return [*lines, self._say("utter_channel_card_to_pay", language, amount=amount)]
        if not _is_zero(card["amount"]):
            amount = _money(card["amount"], language)
            lines.append(self._say("utter_channel_card_back", language, amount=amount))
        if not _is_zero(card["fee"]):
            lines.append(self._say("utter_channel_card_fee", language, amount=_money(card["fee"], language)))
        return lines

    def _return(self, card: Card, language: Language) -> list[str]:
        head = self._say("utter_channel_card_return", language, number=card["number"])
        step = card.get("next_step_text")
        return [head, *self._lines(card, language), *([] if step in _NOTHING else [str(step)])]

    def _lines(self, card: Card, language: Language) -> list[str]:
        return [_line(line, language) for line in card.get("lines", ())]

    def _say(self, response: str, language: Language, **parameters: str) -> str:
        return self._texts.render(response, language, **parameters)


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
