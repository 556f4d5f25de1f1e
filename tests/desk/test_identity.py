"""Signing in at the desk through a real OpenID provider, and what is refused on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from aftersales.domain.accounts import Account, Role
from aftersales.services.accounts import add_account, all_accounts, disable_account
from aftersales.services.identities import invite, unlink
from aftersales.services.moves import By
from tests.desk.providers import at_its_address, identity_provider, provide, settings
from tests.desk.test_desk import sign_in, soup
from tests.fronts import MERCHANT_KEY, Front, open_front

PASSWORD = "correct horse battery"
CLI = By("system", "cli")


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The same for all tests: each has people of its own."""
    with identity_provider() as address:
        yield address


@pytest.fixture
async def front(issuer: str, tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path, **settings(issuer)) as front:
        yield at_its_address(front)


async def account(front: Front, name: str = "wei", role: Role = Role.AGENT) -> Account:
    return await add_account(front.goods.ctx, name=name, role=role, password=PASSWORD, by=CLI)


async def begin(front: Front, lang: str = "en", after: str = "") -> str:
    """Where the provider is asked."""
    sent = await front.client.get("/desk/identity", params={"lang": lang, "next": after})
    assert sent.status_code == 303, sent.text
    return sent.headers["location"]


async def consent(address: str, subject: str) -> str:
    """The address to which the provider sends the browser back."""
    async with httpx.AsyncClient() as client:
        answer = await client.post(address, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


async def come_back(front: Front, subject: str, lang: str = "en", after: str = "") -> httpx.Response:
    return await front.client.get(await consent(await begin(front, lang, after), subject))


async def journal(front: Front, subject_id: str) -> list[tuple[str, dict[str, object]]]:
    async with front.goods.ctx.unit_of_work(read_only=True) as uow:
        return [(one.trigger, dict(one.detail)) for one in await uow.journal.of("account", subject_id)]


async def is_in(front: Front) -> bool:
    return (await front.client.get("/desk/")).status_code == 200


def told(response: httpx.Response) -> str:
    return soup(response).get_text(" ", strip=True)


async def test_an_invited_person_signs_in_and_is_known_by_subject_from_then_on(front: Front, issuer: str) -> None:
    wei = await account(front)
    await invite(front.goods.ctx, name="wei", issuer=issuer, email="Wei@Example.com", by=CLI)
    await provide(issuer, "u-wei", email="wei@example.com", email_verified=True)
    page = await come_back(front, "u-wei", after="chats")
    assert "You are signed in" in told(page)
    assert '<meta http-equiv="refresh" content="0; url=/desk/chats?lang=en">' in page.text
    assert "SameSite=Strict" in next(
        c for c in page.headers.get_list("set-cookie") if c.startswith("desk_session=")
    )
    assert await is_in(front)
    front.client.cookies.clear()
    await provide(issuer, "u-wei", email="another@example.com", email_verified=True)
    assert (await come_back(front, "u-wei")).status_code == 200
    steps = [name for name, _ in await journal(front, wei.id)]
    assert steps == ["add", "invite", "link", "sign_in", "sign_in"]
    assert (await journal(front, wei.id))[-1][1] == {"issuer": issuer}


async def test_somebody_invited_by_subject_needs_no_mail(front: Front, issuer: str) -> None:
    await account(front)
    await invite(front.goods.ctx, name="wei", issuer=issuer, subject="u-42", by=CLI)
    await come_back(front, "u-42")
    assert await is_in(front)


@pytest.mark.parametrize(
    "claims",
    [{}, {"email": "wei@example.com"}, {"email": "wei@example.com", "email_verified": False}],
    ids=["no mail", "not said", "not verified"],
)
@pytest.mark.parametrize(
    ("lang", "words"), [("en", "Ask an administrator to invite you"), ("zh", "请管理员邀请您")]
)
async def test_whoever_was_not_invited_is_told_so_and_is_nobody(
    front: Front, issuer: str, claims: dict[str, object], lang: str, words: str
) -> None:
    await account(front)
    await invite(front.goods.ctx, name="wei", issuer=issuer, email="wei@example.com", by=CLI)
    subject = f"u-{len(claims)}-{lang}-{claims.get('email_verified')}"
    await provide(issuer, subject, **claims)
    page = await come_back(front, subject, lang)
    assert page.status_code == 403
    assert words in told(page)
    assert not await is_in(front)
    assert ("sign_in_failed", {"issuer": issuer}) in await journal(front, "unknown")


async def test_an_invitation_is_for_one_person(front: Front, issuer: str) -> None:
    await account(front)
    await invite(front.goods.ctx, name="wei", issuer=issuer, email="team@example.com", by=CLI)
    for subject, status in (("first", 200), ("second", 403)):
        front.client.cookies.clear()
        await provide(issuer, subject, email="team@example.com", email_verified=True)
        assert (await come_back(front, subject)).status_code == status


async def test_a_disabled_account_and_one_that_was_unlinked_stay_out(front: Front, issuer: str) -> None:
    await account(front)
    await invite(front.goods.ctx, name="wei", issuer=issuer, subject="u-off", by=CLI)
    await disable_account(front.goods.ctx, name="wei", by=CLI)
    assert (await come_back(front, "u-off")).status_code == 403
    await account(front, "li")
    await invite(front.goods.ctx, name="li", issuer=issuer, subject="u-li", by=CLI)
    await come_back(front, "u-li")
    assert await is_in(front)
    assert await unlink(front.goods.ctx, name="li", by=CLI) == 1
    assert not await is_in(front)
    assert (await come_back(front, "u-li")).status_code == 403


class TestRolesOfGroups:
    @pytest.fixture
    async def front(self, issuer: str, tmp_path: Path) -> AsyncIterator[Front]:
        roles = ["support=agent", "leads=supervisor"]
        async with open_front(tmp_path, **settings(issuer, oidc_roles=roles)) as front:
            yield at_its_address(front)

    async def test_a_group_gives_an_account_whose_role_follows_it(self, front: Front, issuer: str) -> None:
        seen = []
        for groups in (["support"], ["support", "leads"], []):
            front.client.cookies.clear()
            await provide(issuer, "u-nina", name="Nina", preferred_username="Nina.K@x", groups=groups)
            page = await come_back(front, "u-nina")
            found = {one.name: one for one in await all_accounts(front.goods.ctx)}["nina.k"]
            seen.append((page.status_code, found.role, found.display_name))
        assert seen == [
            (200, Role.AGENT, "Nina"),
            (200, Role.SUPERVISOR, "Nina"),
            (403, Role.SUPERVISOR, "Nina"),
        ]

    async def test_a_name_that_is_taken_is_nobody_elses_account(self, front: Front, issuer: str) -> None:
        wei = await account(front, role=Role.ADMIN)
        await provide(issuer, "u-evil", preferred_username="wei", groups=["support"])
        assert (await come_back(front, "u-evil")).status_code == 200
        made = [one for one in await all_accounts(front.goods.ctx) if one.name.startswith("wei-")]
        assert [one.role for one in made] == [Role.AGENT]
        assert [name for name, _ in await journal(front, wei.id)] == ["add"]

    async def test_no_group_of_the_list_gives_nothing(self, front: Front, issuer: str) -> None:
        await provide(issuer, "u-other", groups=["sales", "admin"])
        assert (await come_back(front, "u-other")).status_code == 403


class TestAttacks:
    async def test_the_question_carries_state_nonce_and_a_challenge(self, front: Front) -> None:
        asked = parse_qs(urlsplit(await begin(front)).query)
        assert asked["response_type"] == ["code"]
        assert asked["code_challenge_method"] == ["S256"]
        assert asked["redirect_uri"] == [f"{front.url}/desk/identity/back"]
        again = parse_qs(urlsplit(await begin(front)).query)
        for name in ("state", "nonce", "code_challenge"):
            assert len(asked[name][0]) == 43
            assert asked[name] != again[name]

    async def test_an_answer_counts_once(self, front: Front, issuer: str) -> None:
        await account(front)
        await invite(front.goods.ctx, name="wei", issuer=issuer, subject="u-once", by=CLI)
        back = await consent(await begin(front), "u-once")
        tried = front.client.cookies.get("desk_try", path="/desk/identity")
        assert (await front.client.get(back)).status_code == 200
        front.client.cookies.clear()
        assert (await front.client.get(back)).status_code == 400
        front.client.cookies.set("desk_try", tried or "")
        assert (await front.client.get(back)).status_code == 400
        assert not await is_in(front)

    async def test_an_answer_to_another_browser_is_none(self, front: Front, issuer: str) -> None:
        """Else somebody could have a colleague work in an account that is not theirs."""
        back = await consent(await begin(front), "u-mallory")
        await begin(front)  # this browser asks anew: its own try is another one
        page = await front.client.get(back)
        assert page.status_code == 400
        assert "Please begin again" in told(page)

    async def test_an_answer_of_another_issuer_or_too_late_is_none(self, front: Front, issuer: str) -> None:
        back = await consent(await begin(front), "u-x")
        assert (await front.client.get(f"{back}&iss=https://evil.example")).status_code == 400
        back = await consent(await begin(front), "u-x")
        front.goods.clock.advance(minutes=11)
        assert (await front.client.get(back)).status_code == 400

    @pytest.mark.parametrize("query", ["", "?code=x", "?code=x&state=y", "?error=access_denied&state=y", "?code="])
    async def test_what_is_no_answer_is_refused(self, front: Front, query: str) -> None:
        await begin(front)
        assert (await front.client.get(f"/desk/identity/back{query}")).status_code == 400

    async def test_the_page_that_follows_is_one_of_ours(self, front: Front, issuer: str) -> None:
        await account(front)
        await invite(front.goods.ctx, name="wei", issuer=issuer, subject="u-next", by=CLI)
        page = await come_back(front, "u-next", after="https://evil.example/")
        assert "url=/desk/?lang=en" in page.text


async def test_without_a_provider_there_is_no_button_and_no_way(tmp_path: Path) -> None:
    async with open_front(tmp_path) as front:
        assert "Sign in with" not in told(await front.client.get("/desk/sign-in?lang=en"))
        for path in ("/desk/identity", "/desk/identity/back?code=x&state=y"):
            assert (await front.client.get(path)).headers["location"].startswith("/desk/sign-in")


async def test_with_passwords_switched_off_only_the_provider_is_left(issuer: str, tmp_path: Path) -> None:
    async with open_front(tmp_path, **settings(issuer, password_sign_in=False)) as front:
        page = await front.client.get("/desk/sign-in?lang=en")
        assert "Sign in with Foothill ID" in told(page)
        assert soup(page).select_one("input[type=password]") is None
        form = await front.client.get("/desk/sign-in?lang=en")
        data = {"form_token": form.cookies["desk_form"], "name": "owner", "key": MERCHANT_KEY}
        refused = await front.client.post("/desk/sign-in?lang=en", data=data)
        assert (refused.status_code, await is_in(front)) == (403, False)
        assert "Passwords do not work" in told(refused)


async def test_a_provider_that_does_not_answer_is_told_and_passwords_go_on(tmp_path: Path) -> None:
    async with open_front(tmp_path, **settings("http://localhost:9")) as front:
        page = await front.client.get("/desk/identity?lang=en")
        assert page.status_code == 503
        assert "does not answer" in told(page)
        assert (await sign_in(front)).status_code == 303


async def test_the_same_person_twice_at_once_has_one_account(issuer: str, tmp_path: Path) -> None:
    async with open_front(tmp_path, **settings(issuer, oidc_roles=["support=agent"])) as opened:
        front = at_its_address(opened)
        await provide(issuer, "u-twin", preferred_username="twin", groups=["support"])
        backs = []
        clients = [httpx.AsyncClient(base_url=front.url) for _ in range(2)]
        for client in clients:
            backs.append(await consent(await begin(replace(front, client=client)), "u-twin"))
        await asyncio.gather(*(client.get(back) for client, back in zip(clients, backs, strict=True)))
        for client in clients:
            await client.aclose()
        assert [one.name for one in await all_accounts(front.goods.ctx)] == ["owner", "twin"]
