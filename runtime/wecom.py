"""The shop's customer service at WeCom as the settings name it, and what is wrong with these settings."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from aftersales.ports import Channel, Clock, TokenStore
from connectors.wechat.crypto import Cipher
from connectors.wecom.client import WeComClient, WeComSettings
from connectors.wecom.outbound import WeComChannel
from runtime.settings import Settings

_SECRETS = ("wecom_secret", "wecom_token", "wecom_aes_key", "wecom_previous_aes_key")
_CORP_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9]{3,32}", re.ASCII)
_AES_KEY = re.compile(r"[A-Za-z0-9]{43}", re.ASCII)


@asynccontextmanager
async def open_wecom(settings: Settings, *, store: TokenStore, clock: Clock) -> AsyncIterator[Channel]:
    """How customers are written to there; its access token is shared by all processes in `store`."""
    there = WeComSettings(
        corp_id=settings.wecom_corp_id, secret=_secret(settings, "wecom_secret"), root=settings.wecom_api_url
    )
    async with WeComChannel(WeComClient(there, store=store, clock=clock), clock) as channel:
        yield channel


def wecom_cipher(settings: Settings) -> Cipher:
    """What opens WeCom's calls; `settings` name a corporation."""
    keys = (_secret(settings, "wecom_aes_key"), _secret(settings, "wecom_previous_aes_key"))
    return Cipher(
        _secret(settings, "wecom_token"), keys=tuple(filter(None, keys)), receive_id=settings.wecom_corp_id
    )


def wecom_problems(settings: Settings) -> Iterator[tuple[str, str]]:
    """(setting, what is wrong with it). Without a corporation nothing may be set: it would be a misspelt name."""
    if not settings.wecom_corp_id:
        if any(_secret(settings, name) for name in _SECRETS):
            yield "wecom_corp_id", "is missing, while secrets of WeCom are set"
        return
    if not _CORP_ID.fullmatch(settings.wecom_corp_id):
        yield "wecom_corp_id", "must be the id of the corporation, such as ww0123456789abcdef"
    if not _secret(settings, "wecom_secret"):
        yield "wecom_secret", "must be the secret of an app that may call the customer service"
    if not _TOKEN.fullmatch(_secret(settings, "wecom_token")):
        yield "wecom_token", "must be the callback's token at WeCom: 3 to 32 letters and digits"
    if not _AES_KEY.fullmatch(_secret(settings, "wecom_aes_key")):
        yield "wecom_aes_key", "must be the callback's EncodingAESKey at WeCom: 43 letters and digits"
    previous = _secret(settings, "wecom_previous_aes_key")
    if previous and not _AES_KEY.fullmatch(previous):
        yield "wecom_previous_aes_key", "must be the EncodingAESKey from before: 43 letters and digits"


def _secret(settings: Settings, name: str) -> str:
    value: str = getattr(settings, name).get_secret_value()
    return value
