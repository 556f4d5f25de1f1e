"""What keeps the service from starting, each as one line for the person who starts it."""

from __future__ import annotations

import errno
import os
import re
import socket
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from aftersales.domain.errors import Invalid
from connectors.email.messages import read_mailbox
from runtime.faq_file import FAQ, FaqFileError, load_faq
from runtime.hours_file import load_hours
from runtime.identity_settings import identity_problems
from runtime.policy_file import PolicyFileError, load_policy
from runtime.settings import Settings
from runtime.shop_settings import shop_problems
from runtime.texts import shipped_texts
from runtime.wechat import wechat_problems
from runtime.wecom import wecom_problems

_SHORTEST_TOKEN = 32
_SHORTEST_WEBHOOK_SECRET = 16  # Chatwoot makes it, of 24
_TELEGRAM_TOKEN = re.compile(r"[0-9]{3,20}:[A-Za-z0-9_-]{20,100}")
_TELEGRAM_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")
_DRIVERS = ("sqlite+aiosqlite", "postgresql+asyncpg")


class CannotStart(Exception):
    """`lines` say what is wrong and name the setting to change; they hold no secret."""

    def __init__(self, *lines: str) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


def variable(field: str) -> str:
    """The environment variable of a setting."""
    return f"RETURNDESK_{field.upper()}"


def read_settings() -> Settings:
    """The settings of the environment and `.env`. Raises CannotStart with a line for each that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [f"{variable(str(item['loc'][0]))}: {item['msg']}" for item in error.errors(include_input=False)]
        raise CannotStart(*lines) from None


def unknown_variables(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Names that look like settings of ours and are none, such as a misspelt one."""
    known = {variable(field) for field in Settings.model_fields}
    return sorted(
        name
        for name in environment
        if name.startswith("RETURNDESK_") and not name.startswith("RETURNDESK_TEST_") and name not in known
    )


def check_settings(settings: Settings) -> None:
    """Raises CannotStart with everything that can be seen to be wrong before anything is started."""
    problems = [
        *_port_problems(settings),
        *_database_problems(settings),
        *_file_problems(settings),
        *_demo_problems(settings),
        *_refund_service_problems(settings),
        *_shop_problems(settings),
        *_chatwoot_problems(settings),
        *_telegram_problems(settings),
        *_sign_in_problems(settings),
        *identity_problems(settings),
        *_sms_problems(settings),
        *_wecom_problems(settings),
        *_mail_problems(settings),
        *_wechat_problems(settings),
    ]
    if problems:
        raise CannotStart(*problems)


def _file_problems(settings: Settings) -> Iterator[str]:
    if not settings.bot_python.is_file():
        yield f"{variable('bot_python')}: {settings.bot_python} is not there; run `make setup`"
    if settings.model and not os.path.isfile(settings.model):
        yield f"{variable('model')}: there is no file {settings.model}"
    try:
        policy = load_policy(settings.policy_file)
        load_faq(FAQ, policy=policy, responses=shipped_texts().names)
    except PolicyFileError as error:
        yield f"{variable('policy_file')}: {error}"
    except FaqFileError as error:
        yield str(error)
    try:
        load_hours(settings.hours_file, zone=ZoneInfo(settings.timezone))
    except PolicyFileError as error:
        yield f"{variable('hours_file')}: {error}"


def _database_problems(settings: Settings) -> Iterator[str]:
    try:
        driver = make_url(settings.database).drivername
    except ArgumentError:
        driver = ""
    if driver not in _DRIVERS:
        yield f"{variable('database_url')}: must begin with {' or '.join(f'{name}://' for name in _DRIVERS)}"


def _demo_problems(settings: Settings) -> Iterator[str]:
    """The demo shop lets anybody be any customer and read every mail: it is for this machine alone."""
    if not settings.demo:
        return
    public = settings.public_url and not is_loopback(_host_of(settings.public_url))
    if public or not is_loopback(settings.host):
        field, value = ("public_url", settings.public_url) if public else ("host", settings.host)
        yield (
            f"{variable('demo')}: with the demo anybody signs in as any customer, so it cannot go with "
            f"{variable(field)}={value}; set {variable('demo')}=false"
        )


def _refund_service_problems(settings: Settings) -> Iterator[str]:
    url = settings.refund_service_url
    if not url:
        return
    if not _is_safe(url):
        yield f"{variable('refund_service_url')}: must begin with https:// (http:// on this machine alone)"
    if len(settings.refund_service_token.get_secret_value()) < _SHORTEST_TOKEN:
        yield f"{variable('refund_service_token')}: must have at least {_SHORTEST_TOKEN} characters"


def _chatwoot_problems(settings: Settings) -> Iterator[str]:
    url = settings.chatwoot_url
    if not url:
        return
    if not _is_safe(url):
        yield f"{variable('chatwoot_url')}: must begin with https:// (http:// on this machine alone)"
    if not settings.chatwoot_token.get_secret_value():
        yield f"{variable('chatwoot_token')}: must be the access token of an agent of that Chatwoot"
    if not settings.chatwoot_inbox:
        yield f"{variable('chatwoot_inbox')}: must be the number of an inbox with the channel API"
    if len(settings.chatwoot_webhook_secret.get_secret_value()) < _SHORTEST_WEBHOOK_SECRET:
        least = f"must have at least {_SHORTEST_WEBHOOK_SECRET} characters"
        yield f"{variable('chatwoot_webhook_secret')}: {least}"


def _telegram_problems(settings: Settings) -> Iterator[str]:
    token, secret = settings.telegram_token.get_secret_value(), settings.telegram_secret.get_secret_value()
    if not token and not secret:
        return
    if not _TELEGRAM_TOKEN.fullmatch(token):
        yield f"{variable('telegram_token')}: must be the token of a Telegram bot, as @BotFather gives it"
    if not _TELEGRAM_SECRET.fullmatch(secret):
        yield f"{variable('telegram_secret')}: must have 16 to 256 of the characters A-Z, a-z, 0-9, _ and -"
    if not _is_safe(settings.telegram_api_url):
        yield f"{variable('telegram_api_url')}: must begin with https:// (http:// on this machine alone)"


def _wecom_problems(settings: Settings) -> Iterator[str]:
    for field, problem in wecom_problems(settings):
        yield f"{variable(field)}: {problem}"
    if settings.wecom_corp_id and not _is_safe(settings.wecom_api_url):
        yield f"{variable('wecom_api_url')}: must begin with https:// (http:// on this machine alone)"


def check_telegram(settings: Settings) -> None:
    """Raises CannotStart unless a bot is connected by these settings."""
    problems = list(_telegram_problems(settings))
    if not problems and not settings.telegram_token.get_secret_value():
        problems = [f"{variable('telegram_token')}: is not set"]
    if problems:
        raise CannotStart(*problems)


def _sms_problems(settings: Settings) -> Iterator[str]:
    if not settings.sms_url:
        return
    if not _is_safe(settings.sms_url):
        yield f"{variable('sms_url')}: must begin with https:// (http:// on this machine alone)"
    if len(settings.sms_token.get_secret_value()) < _SHORTEST_TOKEN:
        yield f"{variable('sms_token')}: must have at least {_SHORTEST_TOKEN} characters"


def _sign_in_problems(settings: Settings) -> Iterator[str]:
    if settings.shop_sign_in_url and not _is_safe(settings.shop_sign_in_url):
        yield f"{variable('shop_sign_in_url')}: must begin with https:// (http:// on this machine alone)"


def _is_safe(url: str) -> bool:
    """Whether nobody on the way reads what is sent there."""
    host = _host_of(url)
    return bool(host) and (url.startswith("https://") or (url.startswith("http://") and is_loopback(host)))


def _mail_problems(settings: Settings) -> Iterator[str]:
    if 0 < len(settings.mail_bounce_secret.get_secret_value()) < _SHORTEST_TOKEN:
        yield f"{variable('mail_bounce_secret')}: must have at least {_SHORTEST_TOKEN} characters"
    if not settings.smtp_host:
        return
    for field, text in (("smtp_from", settings.smtp_from), ("smtp_reply_to", settings.smtp_reply_to)):
        try:
            if text or field == "smtp_from":
                read_mailbox(text)
        except Invalid:
            yield f"{variable(field)}: must be an address, such as Foothill <service@example.com>"
    if settings.smtp_security == "none" and not is_loopback(settings.smtp_host):
        yield f"{variable('smtp_security')}: `none` is for a mail server on this machine alone"
    if bool(settings.smtp_user) != bool(settings.smtp_password.get_secret_value()):
        yield f"{variable('smtp_password')}: goes with {variable('smtp_user')}, both or neither"


def _wechat_problems(settings: Settings) -> Iterator[str]:
    if not _is_safe(settings.wechat_api_url):
        yield f"{variable('wechat_api_url')}: must begin with https:// (http:// on this machine alone)"
    for field, reason in wechat_problems(settings):
        yield f"{variable(field)}: {reason}"


def _shop_problems(settings: Settings) -> Iterator[str]:
    for field, reason in shop_problems(settings):
        yield f"{variable(field)}: {reason}"


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address of that name."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _port_problems(settings: Settings) -> Iterator[str]:
    wanted = {
        "port": (settings.host, settings.port),
        "bot_port": ("127.0.0.1", settings.bot_port),
        "actions_port": ("127.0.0.1", settings.actions_port),
    }
    taken: dict[int, str] = {}
    for field, (host, port) in wanted.items():
        if port in taken:
            yield f"{variable(field)}: port {port} is also {variable(taken[port])}; choose another one"
        elif reason := _why_unusable(host, port):
            yield f"{variable(field)}: port {port} {reason}"
        taken.setdefault(port, field)


def _why_unusable(host: str, port: int) -> str:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return f"is taken on {host}; choose another one"
        return f"cannot be used on {host} ({error.strerror or error})"
    return ""
