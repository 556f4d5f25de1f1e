"""The shop's accounts at WeChat as the settings name them, and what is wrong with these settings."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from aftersales.ports import Channel, Clock, TokenStore
from connectors.wechat.accounts import AccountKind, Gate, WeChatAccount
from connectors.wechat.client import WeChatClient
from connectors.wechat.crypto import Cipher
from connectors.wechat.notices import Forms
from connectors.wechat.outbound import WeChatChannel
from runtime.policy_file import PolicyFileError
from runtime.settings import Settings
from runtime.wechat_notices import load_notices

_PREFIXES = {AccountKind.SERVICE: "wechat", AccountKind.MINI: "wechat_mini"}
_KEYS = ("aes_key", "previous_aes_key")
_APP_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9]{3,32}", re.ASCII)
_AES_KEY = re.compile(r"[A-Za-z0-9]{43}", re.ASCII)


def wechat_accounts(settings: Settings) -> tuple[WeChatAccount, ...]:
    """None, one, or a service account and a mini-program."""
    return tuple(
        WeChatAccount(app_id=app_id, secret=_secret(settings, f"{prefix}_app_secret"), kind=kind)
        for kind, prefix in _PREFIXES.items()
        if (app_id := _app_id(settings, prefix))
    )


def service_account(settings: Settings) -> WeChatAccount:
    """The one at which customers can be asked who they are. Raises StopIteration without one."""
    return next(account for account in wechat_accounts(settings) if account.kind is AccountKind.SERVICE)


def wechat_gates(settings: Settings) -> dict[str, Gate]:
    """What opens the pushes to each account, by app id."""
    gates: dict[str, Gate] = {}
    for kind, prefix in _PREFIXES.items():
        if app_id := _app_id(settings, prefix):
            keys = tuple(filter(None, (_secret(settings, f"{prefix}_{name}") for name in _KEYS)))
            gates[app_id] = Gate(kind, Cipher(_secret(settings, f"{prefix}_token"), keys=keys, receive_id=app_id))
    return gates


@asynccontextmanager
async def open_wechat(settings: Settings, *, store: TokenStore, clock: Clock) -> AsyncIterator[dict[str, Channel]]:
    """The channels to these accounts, by name. Raises PolicyFileError for a wrong file of notices."""
    forms = load_notices(Path(settings.wechat_notices)) if settings.wechat_notices else {}
    channels: dict[str, Channel] = {}
    async with AsyncExitStack() as stack:
        for account in wechat_accounts(settings):
            client = WeChatClient(account, store=store, clock=clock, url=settings.wechat_api_url)
            stack.push_async_callback(client.close)
            menus = settings.wechat_menus and account.kind is AccountKind.SERVICE
            channels[account.kind.value] = WeChatChannel(
                client, forms=forms.get(account.kind, Forms()), menus=menus
            )
        yield channels


def wechat_problems(settings: Settings) -> Iterator[tuple[str, str]]:
    """(setting, what is wrong with it)."""
    for prefix in _PREFIXES.values():
        yield from _account_problems(settings, prefix)
    if settings.wechat_app_id and settings.wechat_app_id == settings.wechat_mini_app_id:
        yield "wechat_mini_app_id", "must be another one than that of the service account"
    if settings.wechat_notices:
        try:
            load_notices(Path(settings.wechat_notices))
        except PolicyFileError as error:
            yield "wechat_notices", str(error)


def _account_problems(settings: Settings, prefix: str) -> Iterator[tuple[str, str]]:
    """Of an account that is not named nothing may be set, since that would be a misspelt name."""
    app_id = _app_id(settings, prefix)
    secrets = [f"{prefix}_{name}" for name in ("app_secret", "token", *_KEYS)]
    if not app_id:
        if any(_secret(settings, name) for name in secrets):
            yield f"{prefix}_app_id", "is missing, while secrets of that account are set"
        return
    if not _APP_ID.fullmatch(app_id):
        yield f"{prefix}_app_id", "must be the account's AppID, such as wx0123456789abcdef"
    if not _secret(settings, f"{prefix}_app_secret"):
        yield f"{prefix}_app_secret", "must be the account's AppSecret"
    if not _TOKEN.fullmatch(_secret(settings, f"{prefix}_token")):
        yield f"{prefix}_token", "must be the token that you chose at WeChat: 3 to 32 letters and digits"
    current, previous = (_secret(settings, f"{prefix}_{name}") for name in _KEYS)
    if not _AES_KEY.fullmatch(current):
        yield f"{prefix}_aes_key", "must be the EncodingAESKey at WeChat: 43 letters and digits"
    if previous and not _AES_KEY.fullmatch(previous):
        yield f"{prefix}_previous_aes_key", "must be the EncodingAESKey from before: 43 letters and digits"


def _app_id(settings: Settings, prefix: str) -> str:
    app_id: str = getattr(settings, f"{prefix}_app_id")
    return app_id


def _secret(settings: Settings, name: str) -> str:
    value: str = getattr(settings, name).get_secret_value()
    return value
