"""Mails through a real SMTP server: what arrives, what is refused, and what is tried again."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from aftersales.domain.errors import Invalid, ProviderRejected, Unavailable
from aftersales.ports import Mail
from connectors.email.messages import Mailbox, message_id, normal_address, read_mailbox
from connectors.email.outbound import SmtpMail, SmtpServer
from tests.connectors.email.smtp import HOST, make_certificate, smtp_server
from tests.fakes import FrozenClock

SENDER = Mailbox("service@shop.example", "山前 Foothill")
NEWS = Mail(
    to="lin@example.com",
    subject="退款已退回：RT2026112100001",
    text="退款 ¥30.00 已退回您的原支付方式。",
    html="<p>退款 ¥30.00 已退回您的原支付方式。</p>",
    unsubscribe=f"https://service.shop.example/n/{'x' * 120}/off",
)
CODE = Mail(to="lin@example.com", subject="Your one-time code", text="Your code is 123456.")


class Ticks:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def mail_through(server: SmtpServer, *, ticks: Ticks | None = None, sender: Mailbox = SENDER) -> SmtpMail:
    reply_to = Mailbox("hello@shop.example", "Foothill, service")
    return SmtpMail(server, sender=sender, reply_to=reply_to, clock=FrozenClock(), ticks=ticks or Ticks())


async def test_text_and_html_arrive_with_the_headers_of_a_machine() -> None:
    async with smtp_server() as (inbox, server):
        await mail_through(server).send(NEWS, key="refund:1")
    [mail] = inbox.mails
    assert mail["subject"] == NEWS.subject
    assert str(mail["from"]) == "山前 Foothill <service@shop.example>"
    assert str(mail["reply-to"]) == '"Foothill, service" <hello@shop.example>'
    assert mail["to"] == "lin@example.com"
    assert mail["auto-submitted"] == "auto-generated"
    assert mail["date"] == "Sat, 21 Nov 2026 12:00:00 +0000"
    assert mail.get_content_type() == "multipart/alternative"
    plain, html = mail.iter_parts()
    assert plain.get_content().strip() == NEWS.text
    assert html.get_content().strip() == NEWS.html
    assert inbox.raw[0].isascii()


async def test_news_can_be_unsubscribed_from_and_codes_cannot() -> None:
    async with smtp_server() as (inbox, server):
        await mail_through(server).send(NEWS, key="a")
        await mail_through(server).send(CODE, key="b")
    news, code = inbox.mails
    assert f"List-Unsubscribe: <{NEWS.unsubscribe}>\r\n".encode() in inbox.raw[0]
    assert news["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert "list-unsubscribe" not in code
    assert code.get_content_type() == "text/plain"


async def test_a_repetition_has_the_same_message_id_and_another_mail_another() -> None:
    async with smtp_server() as (inbox, server):
        for key in ("a", "a", "b"):
            await mail_through(server).send(CODE, key=key)
    first, again, other = (mail["message-id"] for mail in inbox.mails)
    assert first == again == message_id("a", domain="shop.example")
    assert other != first


async def test_starttls_with_a_certificate_that_is_trusted_and_a_sign_in(tmp_path: Path) -> None:
    async with smtp_server(certificate=make_certificate(tmp_path), login=True) as (inbox, server):
        await mail_through(server).send(CODE, key="a")
    assert inbox.encrypted == [True]
    assert inbox.signed_in == [True]


async def test_tls_from_the_first_byte(tmp_path: Path) -> None:
    async with smtp_server(certificate=make_certificate(tmp_path), at_once=True) as (inbox, server):
        await mail_through(server).send(CODE, key="a")
    assert inbox.encrypted == [True]


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_certificate_that_nobody_vouches_for_ends_the_connection(tmp_path: Path, at_once: bool) -> None:
    async with smtp_server(certificate=make_certificate(tmp_path), at_once=at_once) as (inbox, server):
        stranger = SmtpServer(host=server.host, port=server.port, security=server.security)
        with pytest.raises(Unavailable):
            await mail_through(stranger).send(CODE, key="a")
    assert inbox.tries == 0


async def test_a_server_without_starttls_is_not_written_to_in_the_open() -> None:
    async with smtp_server() as (inbox, server):
        with pytest.raises(Unavailable):
            await mail_through(replace(server, security="starttls")).send(CODE, key="a")
    assert inbox.tries == 0


async def test_a_wrong_password_is_for_the_shop_to_mend_and_loses_nothing(tmp_path: Path) -> None:
    async with smtp_server(certificate=make_certificate(tmp_path), login=True) as (inbox, server):
        with pytest.raises(Unavailable):
            await mail_through(replace(server, password="wrong", patience=0.5)).send(CODE, key="a")
    assert inbox.mails == []


async def test_an_address_that_is_refused_for_good_is_told_as_such() -> None:
    async with smtp_server() as (inbox, server):
        inbox.refusals.append("550 5.1.1 <lin@example.com> no such mailbox")
        with pytest.raises(ProviderRejected, match=r"^recipient$"):
            await mail_through(server).send(NEWS, key="a")


async def test_a_refusal_for_now_is_tried_again_and_accepted() -> None:
    async with smtp_server() as (inbox, server):
        inbox.refusals.append("451 4.7.1 greylisted, try again")
        notifier = mail_through(server)
        with pytest.raises(Unavailable):
            await notifier.send(NEWS, key="a")
        await notifier.send(NEWS, key="a")
    assert inbox.tries == 2
    assert len(inbox.mails) == 1


@pytest.mark.parametrize(
    ("answer", "error"), [("554 5.7.1 looks like spam", ProviderRejected), ("452 4.3.1 full", Unavailable)]
)
async def test_what_the_server_says_after_the_whole_mail_counts(answer: str, error: type[Exception]) -> None:
    async with smtp_server() as (inbox, server):
        inbox.after_data.append(answer)
        with pytest.raises(error):
            await mail_through(server).send(NEWS, key="a")
        await mail_through(server).send(NEWS, key="b")
    assert len(inbox.mails) == 1


async def test_a_server_that_is_not_there_is_not_asked_again_at_once() -> None:
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    ticks = Ticks()
    server = SmtpServer(host=HOST, port=port, security="none")
    notifier = mail_through(server, ticks=ticks)
    with pytest.raises(Unavailable, match="SMTPConnectError"):
        await notifier.send(CODE, key="a")
    with pytest.raises(Unavailable, match=r"^mail server$"):
        await notifier.send(CODE, key="b")
    ticks.now += 15
    with pytest.raises(Unavailable, match="SMTPConnectError"):
        await notifier.send(CODE, key="b")


async def test_a_server_that_says_nothing_is_left_after_a_while() -> None:
    with socket.create_server((HOST, 0)) as silent:
        server = SmtpServer(host=HOST, port=silent.getsockname()[1], security="none", patience=0.2)
        with pytest.raises(Unavailable):
            await mail_through(server).send(CODE, key="a")


async def test_nothing_that_is_written_becomes_a_header() -> None:
    evil = "Foothill\r\nBcc: all@example.com\r\n\r\nbody\u2028\x00"
    async with smtp_server() as (inbox, server):
        sender = Mailbox("service@shop.example", evil)
        mail = replace(NEWS, subject=evil)
        await mail_through(server, sender=sender).send(mail, key="a\r\nBcc: all@example.com")
        with pytest.raises(ProviderRejected, match=r"^recipient$"):
            await mail_through(server).send(replace(NEWS, to="a@b.example\r\nBcc: c@d.example"), key="b")
    [arrived] = inbox.mails
    assert "bcc" not in arrived
    assert arrived["subject"] == "Foothill Bcc: all@example.com body"
    assert len(list(arrived.iter_parts())) == 2


@pytest.mark.parametrize(
    "subject", ["🎉 退款 ¥30.00 到账 👨‍👩‍👧‍👦", "很长的主题，" * 60, "a" * 300, "half \ud83d pair"]
)
async def test_subjects_survive_the_way(subject: str) -> None:
    async with smtp_server() as (inbox, server):
        await mail_through(server).send(replace(NEWS, subject=subject), key="a")
    assert inbox.mails[0]["subject"] == subject.replace("\ud83d", "?")
    assert max(len(line) for line in inbox.raw[0].splitlines()) <= 998


async def test_a_phone_number_is_not_for_mail() -> None:
    async with smtp_server() as (inbox, server):
        with pytest.raises(ProviderRejected, match=r"^no_sms$"):
            await mail_through(server).send(replace(CODE, to="+8613800138000"), key="a")
    assert inbox.tries == 0


def test_a_domain_of_other_scripts_is_written_as_mail_servers_know_it() -> None:
    assert normal_address("lin@例子.example") == "lin@xn--fsqu00a.example"


@pytest.mark.parametrize("wrong", ["", "lin", "a b@c.example", "a@b@c.example", "<a@b.example>", "林@b.example"])
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(Invalid):
        normal_address(wrong)


def test_a_sender_is_written_with_a_name_or_without() -> None:
    assert read_mailbox("Foothill <service@shop.example>") == Mailbox("service@shop.example", "Foothill")
    assert read_mailbox("service@shop.example") == Mailbox("service@shop.example")
    with pytest.raises(Invalid):
        read_mailbox("Foothill")
