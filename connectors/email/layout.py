"""What a mail looks like: the same words as text and as HTML that phones, webmail and desktop clients show."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from aftersales.domain.texts import Language

_HERE = Path(__file__).parent
# Chinese punctuation stands next to an address without a space, and is never part of it.
_LINK = re.compile(r"(https?://[!-~]*[A-Za-z0-9/_=-])")
_PREHEADER = 110  # about what lists of mails show beside the subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """`text` is what is told; `code` is shown large where the text is about one.

    `link` leads to how things stand, `preferences` to what the customer wants to be told; each "" for none.
    """

    language: Language
    subject: str
    text: str
    code: str = ""
    link: str = ""
    preferences: str = ""


class MailLayout:
    """`shop_name` as customers see it."""

    def __init__(self, *, shop_name: str) -> None:
        self._shop_name = shop_name
        text = (_HERE / "texts.yml").read_text(encoding="utf8")
        self._words: dict[Language, dict[str, str]] = yaml.load(text, Loader=yaml.CSafeLoader)
        self._environment = Environment(
            loader=FileSystemLoader(_HERE),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def html(self, letter: Letter) -> str:
        """Tables and styles in place, as mail clients need them; no script, no picture, nothing from elsewhere."""
        return self._environment.get_template("mail.html").render(
            letter=letter,
            lang="zh-CN" if letter.language == "zh" else "en",
            paragraphs=[_LINK.split(line) for line in letter.text.split("\n") if line],
            preheader="" if letter.code else letter.text[:_PREHEADER],
            shop=self._shop_name,
            **self._chrome(letter),
        )

    def text(self, letter: Letter) -> str:
        chrome = self._chrome(letter)
        parts = [letter.text]
        if letter.link:
            parts.append(f"{chrome['button']}{chrome['colon']}{letter.link}")
        last = [self._shop_name, chrome["why"]]
        if letter.preferences:
            last.append(f"{chrome['change']}{chrome['colon']}{letter.preferences}")
        return "\n\n".join([*parts, "-- \n" + "\n".join(last)]) + "\n"

    def _chrome(self, letter: Letter) -> dict[str, Any]:
        words = self._words[letter.language]
        why = words["why_code" if letter.code else "why_news"].format(shop=self._shop_name)
        return {"button": words["button"], "change": words["change"], "colon": words["colon"], "why": why}
