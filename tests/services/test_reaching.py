from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aftersales.domain.bounces import BounceKind
from aftersales.domain.channels import PushKind, Sender
from aftersales.domain.conversations import Conversation
from aftersales.domain.preferences import Preferences
from aftersales.domain.threads import NOTHING_LEFT
from aftersales.services.arrivals import reach_customer_later, see_to_it
from aftersales.services.bounces import note_bounce
from aftersales.services.conversations import tell, write_as_agent
from aftersales.services.preferences import set_preferences
from aftersales.services.quiet_hours import NotYet, wait_for_day
from aftersales.services.reaching import Ways, reach
from aftersales.services.talk_signs import note_fetched, signs_of
from tests.channels import LI, Apps, ListChannel
from tests.databases import DATABASES
from tests.talks import LIN, open_world

NEWS = {"response": "utter_news", "parameters": {"number": "R1"}}


@pytest.fixture(params=DATABASES)
async def apps(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Apps]:
    async with open_world(request.param, tmp_path) as world:
        yield Apps(world, ListChannel(), tmp_path / "files", world.bot)


async def news(apps: Apps, talk: str, *, key: str = "n1") -> None:
    """Tells news in a talk, as the worker does."""
    ctx, told = apps.world.ctx, {"conversation_id": talk, **NEWS}
    await tell(ctx, conversation_id=talk, response="utter_news", parameters={"number": "R1"}, key=key)
    await see_to_it(ctx, told, key=key)


async def ways(apps: Apps, *, minutes: float = 3, texts: bool = False) -> list[str]:
    """By which ways what is due after so many minutes is brought."""
    apps.world.clock.advance(minutes=minutes)
    channels = {"app": apps.app}
    async with apps.world.ctx.unit_of_work() as uow:
        due = await uow.outbox.claim(now=apps.world.clock.now(), limit=10, lease_seconds=60)
    found = []
    for item in due:
        if item.kind == "reach":
            to = Ways(channels, lambda parameters, _language: dict(parameters), texts)
            found.append(await reach(apps.world.ctx, to, item.payload, key=item.key))
            async with apps.world.ctx.unit_of_work() as uow:
                await uow.outbox.done(item.id)
    return found


async def mails(apps: Apps) -> list[dict[str, Any]]:
    async with apps.world.ctx.unit_of_work() as uow:
        later = apps.world.clock.now() + timedelta(days=1)
        items = await uow.outbox.claim(now=later, limit=10, lease_seconds=60)
    return [item.payload for item in items if item.kind == "mail"]


async def link(apps: Apps, sender: Sender = LI) -> str:
    """A customer who is known in the app; the talk there."""
    await apps.says("hi", sender=sender)
    talk = (await apps.thread(sender)).conversation_id or ""
    async with apps.world.ctx.unit_of_work() as uow:
        current = await uow.conversations.lock(talk)
        await uow.conversations.save(replace(current, customer_id=LIN.id))
        await uow.threads.link(talk, customer_id=LIN.id)
    return talk


async def on_the_website(apps: Apps) -> Conversation:
    return await apps.world.talk(customer_id=LIN.id)


async def test_news_that_the_widget_has_fetched_go_no_other_way(apps: Apps) -> None:
    talk = await on_the_website(apps)
    await news(apps, talk.id)
    ctx, now = apps.world.ctx, await apps.world.now(talk)
    await note_fetched(ctx, now, known=await signs_of(ctx, now), seq=1, news=True)
    assert await ways(apps) == ["talk"]
    assert await mails(apps) == []


async def test_news_that_nobody_has_fetched_are_mailed_once_to_the_address_on_record(apps: Apps) -> None:
    talk = await on_the_website(apps)
    await news(apps, talk.id)
    await news(apps, talk.id)
    assert await ways(apps) == ["mail"]
    [mail] = await mails(apps)
    assert (mail["to"], mail["response"], mail["language"]) == (LIN.email, "news", "zh")
    [entry] = await apps.world.journal(talk, "reach")
    assert entry.detail == {"way": "mail", "seq": 1}


async def test_a_guest_without_an_address_finds_the_news_in_the_talk(apps: Apps) -> None:
    talk = await apps.world.talk()
    await news(apps, talk.id)
    assert await ways(apps) == ["waiting"]


async def test_news_are_sent_in_the_app_in_which_the_talk_is(apps: Apps) -> None:
    talk = await link(apps)
    await news(apps, talk)
    await apps.carry()
    assert apps.app.texts()[-1] == "utter_news/zh number=R1"
    assert await ways(apps) == ["talk"]


async def test_who_is_known_in_an_app_gets_news_of_the_website_there(apps: Apps) -> None:
    await link(apps)
    talk = await on_the_website(apps)
    await news(apps, talk.id)
    assert await ways(apps) == ["app"]
    await apps.carry()
    assert apps.app.texts()[-1] == "utter_news/zh number=R1"


async def test_beyond_the_budget_the_apps_own_form_is_filled_in(apps: Apps) -> None:
    talk = await link(apps)
    apps.world.clock.advance(hours=49)
    apps.app.forms = True
    await news(apps, talk)
    await apps.carry()
    assert await ways(apps) == ["app_notice"]
    [notice] = apps.app.notices
    assert (notice.response, notice.parameters, notice.language) == ("utter_news", {"number": "R1"}, "zh")


async def test_without_a_form_it_is_a_mail(apps: Apps) -> None:
    talk = await link(apps)
    apps.world.clock.advance(hours=49)
    await news(apps, talk)
    await apps.carry()
    assert await ways(apps) == ["mail"]


async def test_what_the_app_could_not_deliver_is_mailed(apps: Apps) -> None:
    talk = await link(apps)
    await news(apps, talk)
    await apps.carry()
    await apps.tell(apps.push(PushKind.OUTCOME, reference="ref-2", delivered=False, reason="10"))
    await apps.carry()
    assert await ways(apps) == ["mail"]


async def test_what_turns_out_later_to_be_undelivered_is_mailed_as_well(apps: Apps) -> None:
    talk = await link(apps)
    await news(apps, talk)
    await apps.carry()
    assert await ways(apps) == ["talk"]
    await apps.tell(apps.push(PushKind.OUTCOME, reference="ref-2", delivered=False, reason="10"))
    await apps.carry()
    assert await ways(apps) == ["mail"]


async def test_a_customer_who_has_left_the_app_is_not_written_to_there(apps: Apps) -> None:
    await link(apps)
    async with apps.world.ctx.unit_of_work() as uow:
        await uow.threads.note((await apps.thread()).id, gone=True)
    talk = await on_the_website(apps)
    await news(apps, talk.id)
    assert await ways(apps) == ["mail"]


async def test_news_that_belong_to_no_talk_reach_the_customer_all_the_same(apps: Apps) -> None:
    ctx = apps.world.ctx
    async with ctx.unit_of_work() as uow:
        await reach_customer_later(ctx, uow, LIN.id, key="n1", response="utter_news", parameters={"number": "R1"})
    assert await ways(apps) == ["mail"]
    [mail] = await mails(apps)
    assert mail["to"] == LIN.email


async def test_what_the_customer_does_not_want_is_left_out(apps: Apps) -> None:
    await link(apps)
    ctx, wishes = apps.world.ctx, Preferences(customer_id=LIN.id, app=False, language="en")
    await set_preferences(ctx, wishes, channel="page")
    talk = await on_the_website(apps)
    await news(apps, talk.id)
    assert await ways(apps) == ["mail"]
    [mail] = await mails(apps)
    assert mail["language"] == "en"
    await set_preferences(ctx, replace(wishes, email=False), channel="page")
    await news(apps, talk.id, key="n2")
    assert await ways(apps) == ["waiting"]


async def test_an_address_that_was_refused_for_good_is_written_to_no_more(apps: Apps) -> None:
    await note_bounce(apps.world.ctx, address=LIN.email or "", kind=BounceKind.HARD, channel="smtp")
    talk = await on_the_website(apps)
    await news(apps, talk.id)
    assert await ways(apps) == ["waiting"]


async def test_at_night_it_is_a_mail_and_without_one_it_waits_for_the_morning(apps: Apps) -> None:
    await link(apps)
    apps.world.clock.advance(hours=15 - 12)  # 23:00 in Shanghai
    talk = await on_the_website(apps)
    await news(apps, talk.id)
    assert await ways(apps) == ["mail"]
    await set_preferences(apps.world.ctx, Preferences(customer_id=LIN.id, email=False), channel="page")
    await news(apps, talk.id, key="n2")
    with pytest.raises(NotYet) as later:
        await ways(apps)
    assert later.value.due_at.astimezone(apps.world.ctx.zone).isoformat() == "2026-11-22T08:00:00+08:00"


async def test_nobody_is_told_news_in_an_app_at_night_but_who_is_just_writing(apps: Apps) -> None:
    apps.world.clock.advance(hours=3)
    talk = await link(apps)
    await wait_for_day(apps.world.ctx, conversation_id=talk)
    apps.world.clock.advance(minutes=16)
    with pytest.raises(NotYet):
        await wait_for_day(apps.world.ctx, conversation_id=talk)
    website = await on_the_website(apps)
    await wait_for_day(apps.world.ctx, conversation_id=website.id)


async def test_who_has_left_the_website_is_mailed_once_that_somebody_has_answered(apps: Apps) -> None:
    talk = await on_the_website(apps)
    await apps.world.write(talk, "where is my money?")
    for text in ("one", "two"):
        await write_as_agent(apps.world.ctx, conversation_id=talk.id, text=text, key=text)
    assert await ways(apps) == ["mail"]
    [mail] = await mails(apps)
    assert mail["response"] == "channel_answered"


async def test_who_reads_on_the_website_what_an_agent_wrote_gets_no_mail(apps: Apps) -> None:
    talk, ctx = await on_the_website(apps), apps.world.ctx
    await write_as_agent(ctx, conversation_id=talk.id, text="one", key="one")
    now = await apps.world.now(talk)
    await note_fetched(ctx, now, known=await signs_of(ctx, now), seq=1, news=True)
    assert await ways(apps) == ["talk"]


async def test_who_has_no_mail_gets_a_text_where_the_shop_sends_them_but_not_at_night(apps: Apps) -> None:
    await note_bounce(apps.world.ctx, address=LIN.email or "", kind=BounceKind.HARD, channel="smtp")
    talk = await on_the_website(apps)
    await news(apps, talk.id)
    assert await ways(apps, texts=True) == ["text"]
    [text] = await mails(apps)
    assert text["to"] == LIN.phone
    apps.world.clock.advance(hours=3)
    await news(apps, talk.id, key="n2")
    with pytest.raises(NotYet):
        await ways(apps, texts=True)


async def test_news_that_were_joined_with_what_came_later_and_lost_with_it_are_mailed(apps: Apps) -> None:
    talk = await link(apps)
    await news(apps, talk)
    await tell(apps.world.ctx, conversation_id=talk, response="utter_more", parameters={}, key="n2")
    await apps.carry()
    await apps.tell(apps.push(PushKind.OUTCOME, reference="ref-2", delivered=False, reason="10"))
    await apps.carry()
    assert await ways(apps) == ["mail"]


async def test_a_result_may_have_the_last_message_in_another_app_too(apps: Apps) -> None:
    await link(apps)
    thread = await apps.thread()
    async with apps.world.ctx.unit_of_work() as uow:
        await uow.threads.note(thread.id, allowance=replace(thread.allowance, left=1))
    talk = await on_the_website(apps)
    await news(apps, talk.id)
    await news(apps, talk.id, key="refund-succeeded:1")
    assert await ways(apps) == ["mail", "app"]
    await apps.carry()
    assert apps.app.texts()[-1] == "utter_news/zh number=R1"


async def test_who_has_left_the_app_in_which_a_return_was_made_gets_its_news_by_mail(apps: Apps) -> None:
    talk = await link(apps)
    await apps.tell(apps.push(PushKind.LEAVE))
    await apps.carry()
    ctx, told = apps.world.ctx, {"conversation_id": talk, "customer_id": LIN.id, **NEWS}
    await tell(ctx, conversation_id=talk, response="utter_news", parameters={"number": "R1"}, key="n1")
    await see_to_it(ctx, told, key="n1")
    assert await ways(apps) == ["mail"]


async def test_news_that_another_app_has_already_are_not_mailed_as_well(apps: Apps) -> None:
    await link(apps)
    talk = await on_the_website(apps)
    await news(apps, talk.id)
    assert await ways(apps) == ["app"]
    async with apps.world.ctx.unit_of_work() as uow:
        await uow.threads.note((await apps.thread()).id, allowance=NOTHING_LEFT)
    to = Ways({"app": apps.app}, lambda parameters, _language: dict(parameters))
    again = {"conversation_id": talk.id, "seq": 1, **NEWS}
    assert await reach(apps.world.ctx, to, again, key="reach:n1") == "app"
