"""The front's addresses of messaging apps: there only where the settings name the app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from sanic import Sanic

from aftersales.services.context import Context
from connectors.telegram.inbound import TelegramUpdates, telegram_blueprint
from connectors.telegram.payloads import account_of
from connectors.wechat.client import WeChatClient
from connectors.wechat.inbound import WeChatPushes, wechat_pushes_blueprint
from connectors.wechat.link_page.inbound import WeChatLinkPages, wechat_link_blueprint
from connectors.wecom.inbound import WeComCalls, wecom_blueprint
from runtime.buckets import Buckets
from runtime.channels import open_tokens, signs_in_at_the_shop
from runtime.settings import Settings
from runtime.wechat import service_account, wechat_gates
from runtime.wecom import wecom_cipher

App = Sanic[Any, Any]


def mount_apps(app: App, settings: Settings) -> None:
    if settings.wechat_app_id or settings.wechat_mini_app_id:
        app.blueprint(wechat_pushes_blueprint())
    if signs_in_at_the_shop(settings):
        app.blueprint(wechat_link_blueprint())
    if settings.telegram_token.get_secret_value():
        app.blueprint(telegram_blueprint())
    if settings.wecom_corp_id:
        app.blueprint(wecom_blueprint())


@asynccontextmanager
async def open_apps(app: App, settings: Settings, *, context: Context) -> AsyncIterator[None]:
    """What the mounted addresses find at `app.ctx`."""
    app.ctx.telegram_updates = TelegramUpdates(
        context=context,
        account=account_of(settings.telegram_token.get_secret_value()),
        secret=settings.telegram_secret.get_secret_value(),
    )
    app.ctx.wechat_pushes = WeChatPushes(
        context=context,
        gates=wechat_gates(settings),
        window=timedelta(minutes=settings.wechat_push_minutes),
        wrong_signatures=Buckets(10, seconds=60),
    )
    if settings.wecom_corp_id:
        app.ctx.wecom_calls = WeComCalls(context, wecom_cipher(settings))
    if not signs_in_at_the_shop(settings):
        yield
        return
    async with open_tokens(settings) as store:
        client = WeChatClient(
            service_account(settings), store=store, clock=context.clock, url=settings.wechat_api_url
        )
        app.ctx.wechat_links = WeChatLinkPages(
            context=context,
            client=client,
            sign_in=settings.shop_sign_in_url,
            secure=settings.front_url.startswith("https:"),
        )
        try:
            yield
        finally:
            await client.close()
