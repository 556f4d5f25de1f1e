"""What mails look like: the same words twice, nothing from elsewhere, and nothing that customers write runs."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from bs4 import BeautifulSoup

from aftersales.domain.texts import Language
from connectors.email.layout import Letter, MailLayout
from runtime.places import ROOT

WORDS = yaml.safe_load((ROOT / "connectors" / "email" / "texts.yml").read_text(encoding="utf8"))
LAYOUT = MailLayout(shop_name="山前 <Foothill> & Co")
NEWS = Letter(
    language="en",
    subject="Refund sent for RT1",
    text="Your refund has gone.\nPay here: https://pay.example/x?a=1&b=2.",
    link="https://desk.example/r/token",
    preferences="https://desk.example/n/token",
)
CHINESE = replace(NEWS, language="zh", text="请先补差价 ¥30.00：https://pay.example/x，谢谢。")
CODE = Letter(language="zh", subject="您的验证码", text="您的验证码是 123456。", code="123456")


def words_of(letter: Letter) -> str:
    page = BeautifulSoup(LAYOUT.html(letter), "html.parser")
    return " ".join(page.body.get_text(" ").split()) if page.body else ""


def links_of(letter: Letter) -> list[str]:
    return [str(a["href"]) for a in BeautifulSoup(LAYOUT.html(letter), "html.parser").select("a")]


@pytest.mark.parametrize("letter", [NEWS, CHINESE, CODE], ids=["news", "chinese", "code"])
def test_text_and_html_have_the_same_words(letter: Letter) -> None:
    words = WORDS[letter.language]
    why = words["why_code" if letter.code else "why_news"].format(shop="山前 <Foothill> & Co")
    text, shown = LAYOUT.text(letter), words_of(letter)
    for line in (*letter.text.split("\n"), why):
        assert line in text
        assert "".join(line.split()) in "".join(shown.split())
    for name, address in (("button", letter.link), ("change", letter.preferences)):
        assert (words[name] in shown) == (words[name] in text) == bool(address)


def test_addresses_in_the_text_are_links_without_the_punctuation_beside_them() -> None:
    assert links_of(NEWS) == ["https://pay.example/x?a=1&b=2", NEWS.link, NEWS.preferences]
    assert links_of(CHINESE)[0] == "https://pay.example/x"


def test_a_code_is_shown_large_leads_nowhere_and_is_not_in_the_preview() -> None:
    page = BeautifulSoup(LAYOUT.html(CODE), "html.parser")
    assert [line.get_text() for line in page.select(".code")] == ["123456"]
    assert links_of(CODE) == []
    assert not page.select("div[style*='display:none']")


def test_nothing_comes_from_elsewhere_and_nothing_that_is_written_runs() -> None:
    evil = replace(NEWS, text="<script>alert(1)</script><img src=x>", subject="<b>", link='https://x/"><script>')
    page = BeautifulSoup(LAYOUT.html(evil), "html.parser")
    assert page.select("script, img, link, iframe, form, b") == []
    for remote in ("src=", "@import", "url("):
        assert remote not in LAYOUT.html(NEWS)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_says_its_language_and_fits_every_width(language: Language) -> None:
    html = LAYOUT.html(replace(NEWS, language=language))
    assert f'lang="{"zh-CN" if language == "zh" else "en"}"' in html
    for needed in ("max-width:600px", "prefers-color-scheme: dark", "PingFang SC", "Microsoft YaHei"):
        assert needed in html


def test_the_words_around_are_there_in_both_languages() -> None:
    assert WORDS["zh"].keys() == WORDS["en"].keys()
