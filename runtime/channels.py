"""The messaging apps that the settings name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from aftersales.ports import Channel, Clock
from aftersales.stores.base import make_engine
from aftersales.stores.channel_tokens import SqlTokenStore
from connectors.telegram.client import TelegramClient, TelegramSettings
from connectors.telegram.outbound import TelegramChannel
from runtime.settings import Settings
from runtime.wechat import open_wechat
from runtime.wecom import open_wecom


def channel_names(settings: Settings) -> tuple[str, ...]:
    """The apps that these settings name, in the order in which customers are told of them."""
    named = {
        "wechat": settings.wechat_app_id,
        "wecom": settings.wecom_corp_id,
        "telegram": settings.telegram_token.get_secret_value(),
    }
    return tuple(name for name, setting in named.items() if setting)


def signs_in_at_the_shop(settings: Settings) -> bool:
    """Whether customers in WeChat can be led to the shop's page of signing in."""
    return bool(settings.shop_sign_in_url and settings.wechat_app_id)


@asynccontextmanager
async def open_channels(settings: Settings, *, clock: Clock) -> AsyncIterator[Mapping[str, Channel]]:
    """By name; none for a shop that is on its website alone."""
    channels: dict[str, Channel] = {}
    async with AsyncExitStack() as stack:
        if token := settings.telegram_token.get_secret_value():
            client = TelegramClient(TelegramSettings(token=token, root=settings.telegram_api_url))
            channels["telegram"] = await stack.enter_async_context(TelegramChannel(client))
        if settings.wechat_app_id or settings.wechat_mini_app_id or settings.wecom_corp_id:
            store = await stack.enter_async_context(open_tokens(settings))
            channels |= await stack.enter_async_context(open_wechat(settings, store=store, clock=clock))
            if settings.wecom_corp_id:
                wecom = open_wecom(settings, store=store, clock=clock)
                channels["wecom"] = await stack.enter_async_context(wecom)
        yield channels


@asynccontextmanager
async def open_tokens(settings: Settings) -> AsyncIterator[SqlTokenStore]:
    """Where all processes keep the access tokens of apps."""
    engine = make_engine(settings.database)
    try:
        yield SqlTokenStore(engine)
    finally:
        await engine.dispose()
