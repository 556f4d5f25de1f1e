"""The page of preferences: what it shows, what it takes, and the one click that ends the mails."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import time
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup

from aftersales.domain.preferences import Preferences
from aftersales.domain.signed_links import LinkTo, name_of_customer
from aftersales.services.preferences import read_preferences, set_preferences
from runtime.places import ROOT
from tests.databases import DATABASES
from tests.fronts import Front, open_front

WORDS = yaml.safe_load((ROOT / "connectors" / "web" / "preferences_page" / "texts.yml").read_text(encoding="utf8"))
FORM = {"email": "1", "quiet_from": "23:00", "quiet_to": "07:30", "language": "en"}


@pytest.fixture(params=DATABASES)
async def front(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path, kind=request.param) as front:
        yield front


def path_of(front: Front, *, to: LinkTo = LinkTo.PREFERENCES) -> str:
    links = front.goods.ctx.links
    link = links.link(name_of_customer("c-lin"), now=front.goods.clock.now(), to=to)
    return link.removeprefix(links.address)


async def chosen(front: Front) -> Preferences:
    return await read_preferences(front.goods.ctx, customer_id="c-lin")


async def test_who_has_chosen_nothing_is_told_everything_but_at_night(front: Front) -> None:
    shown = await front.client.get(path_of(front), params={"lang": "en"})
    assert shown.status_code == 200
    page = BeautifulSoup(shown.text, "html.parser")
    ticked = {(box["name"], box["value"]) for box in page.select("input[checked]")}
    assert ticked == {("email", "1"), ("app", "1"), ("language", "")}
    assert [field["value"] for field in page.select("input[type=time]")] == ["22:00", "08:00"]
    assert "lin@" not in shown.text
    assert "<script" not in shown.text
    assert "form-action 'self'" in shown.headers["content-security-policy"]


async def test_what_is_chosen_is_kept_and_in_the_journal_once(front: Front) -> None:
    for _ in range(2):
        answer = await front.client.post(path_of(front), params={"lang": "zh"}, data=FORM)
        assert answer.status_code == 303
    shown = await front.client.get(answer.headers["location"])
    assert "已保存" in shown.text
    wanted = Preferences(customer_id="c-lin", app=False, quiet_from=time(23), quiet_to=time(7, 30), language="en")
    assert await chosen(front) == wanted
    [entry] = await front.goods.journal("preferences", "c-lin")
    assert (entry.from_state, entry.to_state) == ("email+app", "email")
    assert entry.detail == {"quiet": "23:00-07:30", "language": "en"}


@pytest.mark.parametrize("form", [{}, {**FORM, "quiet_from": "25:00"}, {**FORM, "quiet_to": "soon"}])
async def test_a_form_that_is_not_ours_changes_nothing(front: Front, form: dict[str, str]) -> None:
    assert (await front.client.post(path_of(front), data=form)).status_code == 422
    assert await chosen(front) == Preferences(customer_id="c-lin")


async def test_one_click_ends_the_mails_and_leaves_the_rest(front: Front) -> None:
    await set_preferences(front.goods.ctx, Preferences(customer_id="c-lin", language="zh"), channel="test")
    off = f"{path_of(front)}/off"
    for _ in range(40):
        answer = await front.client.post(off, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    assert "不再给您发通知邮件" in answer.text
    assert await chosen(front) == Preferences(customer_id="c-lin", language="zh", email=False)


async def test_the_one_click_may_come_as_multipart(front: Front) -> None:
    answer = await front.client.post(f"{path_of(front)}/off", files={"List-Unsubscribe": (None, "One-Click")})
    assert answer.status_code == 200
    assert not (await chosen(front)).email


async def test_looking_at_the_address_of_the_one_click_changes_nothing(front: Front) -> None:
    assert (await front.client.get(f"{path_of(front)}/off")).status_code == 200
    assert (await chosen(front)).email


async def test_wrong_links_change_nothing_and_are_counted(front: Front) -> None:
    path = path_of(front)
    for wrong in (path[:-1], path_of(front, to=LinkTo.RETURN).replace("/r/", "/n/"), "/n/x"):
        assert (await front.client.get(wrong)).status_code == 404
        assert (await front.client.post(wrong, data=FORM)).status_code == 404
        assert (await front.client.post(f"{wrong}/off")).status_code == 404
    answers = [(await front.client.post("/n/x/off")).status_code for _ in range(22)]
    assert answers[-1] == 429
    assert await chosen(front) == Preferences(customer_id="c-lin")


async def test_a_body_that_is_too_large_is_not_read(front: Front) -> None:
    assert (await front.client.post(path_of(front), content=b"x" * 5000)).status_code == 413


def test_the_words_of_the_page_are_there_in_both_languages() -> None:
    assert WORDS["zh"].keys() == WORDS["en"].keys()
    for words in WORDS.values():
        assert words["problems"].keys() == {"wrong", "expired", "too_many", "incomplete"}
