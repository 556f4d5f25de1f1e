"""What is said in a conversation, in as few messages as an app takes.

Consecutive messages of one hand become one; choices become the app's menu, or numbers to answer with.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from aftersales.domain.channel_text import size, split_text
from aftersales.domain.channels import Manners, Option, Words
from aftersales.domain.conversations import Choice, Message
from aftersales.domain.reply_budget import Weight

_PLACES = 100  # options per message, so that a number tells both

Read = Callable[[Message], str]


@dataclass(frozen=True, slots=True)
class Piece:
    """One message for the app: words, or the attachment of that id. `last_seq` is the newest that is in it."""

    weight: Weight
    last_seq: int
    words: Words | None = None
    attachment_id: str | None = None


def weight_of(message: Message) -> Weight:
    """See Weight. What is told outside of a turn is a result where its name says so."""
    if message.author == "agent":
        return Weight.PERSON
    if message.in_reply_to is not None:
        return Weight.TURN
    return weight_of_news((message.client_message_id or "").removeprefix("tell:"))


def weight_of_news(key: str) -> Weight:
    """By the key of the news, also where another app's talk takes them over (services.reaching)."""
    return Weight.RESULT if key.removeprefix("reach:").startswith(RESULTS) else Weight.NEWS


# How keys of news begin (services.news, services.refund_outcomes) that tell how something ended.
RESULTS = (
    "refund-succeeded:",
    "refund-by-hand:",
    "refund-decided:",
    "refund-external:",
    "return-rejected:",
    "change-ended:",
    "exchange-shipped:",
    "promise-late:",
)


def compose(messages: Sequence[Message], manners: Manners, *, read: Read, pick: str) -> list[Piece]:
    """The pieces, in order. `read` gives a message's words, cards and all; `pick` asks to answer with a number.

    Messages of customers are left out. Texts longer than the channel takes become several pieces, the menu below
    the last one.
    """
    shown = [message for message in messages if message.author != "customer"]
    pieces: list[Piece] = []
    for by_bot, group in groupby(shown, key=lambda message: message.author != "agent"):
        pieces += _pieces(list(group), manners, by_bot=by_bot, read=read, pick=pick)
    return pieces


def numbered(choices: Sequence[Choice], manners: Manners) -> bool:
    """Whether these choices are numbered in the text, since the channel has no menu that holds them."""
    too_many = len(choices) > manners.most_options
    return too_many or any(size(choice.title) > manners.longest_title for choice in choices)


def option_id(message: Message, index: int) -> str:
    """Under which id an app offers the choice, counted from 0."""
    return str(message.seq * _PLACES + index)


def place_of(option: str) -> tuple[int, int] | None:
    """The message's number and the choice's index that an option's id stands for; None for no such id."""
    if not (option.isascii() and option.isdigit() and len(option) <= 12):
        return None
    return divmod(int(option), _PLACES)


def chosen(text: str, choices: Sequence[Choice], *, by_number: bool) -> Choice | None:
    """Which choice was typed: its title, or its number where they are numbered; None for other words."""
    typed = _folded(text)
    for choice in choices:
        if typed == _folded(choice.title):
            return choice
    number = typed.rstrip(".、。)")
    if (
        by_number
        and number.isascii()
        and number.isdigit()
        and len(number) <= 2
        and 1 <= int(number) <= len(choices)
    ):
        return choices[int(number) - 1]
    return None


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _pieces(group: list[Message], manners: Manners, *, by_bot: bool, read: Read, pick: str) -> list[Piece]:
    last = group[-1].seq
    weight = max(map(weight_of, group))
    asking = next((message for message in reversed(group) if message.choices), None)
    texts = [text for message in group if (text := read(message).strip())]
    options: tuple[Option, ...] = ()
    if asking is not None and numbered(asking.choices, manners):
        texts.append(_numbers(asking.choices, pick))
    elif asking is not None:
        options = tuple(Option(option_id(asking, i), choice.title) for i, choice in enumerate(asking.choices))
    longest = manners.longest_head if options else manners.longest_text
    parts = _parts("\n\n".join(texts), longest=longest, manners=manners)
    spoken = [Words(text=part, by_bot=by_bot) for part in parts[:-1]]
    spoken += [Words(text=part, options=options, by_bot=by_bot) for part in parts[-1:]]
    files = [attachment for message in group for attachment in message.attachment_ids]
    return [
        *(Piece(weight, last, words=words) for words in spoken),
        *(Piece(weight, last, attachment_id=attachment) for attachment in files),
    ]


def _parts(text: str, *, longest: int, manners: Manners) -> list[str]:
    """As few as possible: only the last part, which a menu stands below, is as short as its head must be."""
    parts = split_text(text, longest=manners.longest_text)
    if parts and size(parts[-1]) > longest:
        parts[-1:] = split_text(parts[-1], longest=longest)
    return parts


def _numbers(choices: Sequence[Choice], pick: str) -> str:
    """Choices that are these very numbers (how many?) are not listed."""
    titles = {str(number): choice.title for number, choice in enumerate(choices, start=1)}
    lines = [f"{number}. {title}" for number, title in titles.items()]
    return pick if all(number == title for number, title in titles.items()) else "\n".join([*lines, pick])
