"""`returndesk telegram`: tells Telegram where the bot's customers are heard."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import typer

from aftersales.domain.errors import Unavailable
from connectors.telegram.client import TelegramClient, TelegramRefusal, TelegramSettings
from runtime.problems import CannotStart, check_telegram, read_settings, variable
from runtime.settings import Settings

PATH = "/connect/telegram"
_HEARD = ("message", "callback_query")

app = typer.Typer(help="The bot in Telegram.", no_args_is_help=True)


@app.callback()
def telegram() -> None:
    """The bot in Telegram."""


@app.command()
def connect() -> None:
    """Have Telegram tell this service what customers write to the bot, and show what Telegram knows of it."""
    for line in asyncio.run(connect_bot(read_settings())):
        typer.echo(line)


async def connect_bot(settings: Settings) -> list[str]:
    """Sets the webhook; harmless to repeat. Lines for the person who asked. Raises CannotStart."""
    check_telegram(settings)
    url = f"{settings.front_url}{PATH}"
    if not url.startswith("https://"):
        raise CannotStart(f"{variable('public_url')}: must begin with https://, Telegram calls no other address")
    token = settings.telegram_token.get_secret_value()
    client = TelegramClient(TelegramSettings(token=token, root=settings.telegram_api_url))
    webhook = {
        "url": url,
        "secret_token": settings.telegram_secret.get_secret_value(),
        "allowed_updates": list(_HEARD),
    }
    try:
        await client.ask("setWebhook", webhook)
        known = await client.ask("getWebhookInfo")
    except (TelegramRefusal, Unavailable) as error:
        raise CannotStart(f"Telegram does not take it ({error}); see {variable('telegram_token')}") from None
    finally:
        await client.close()
    return list(_told(known if isinstance(known, dict) else {}))


def _told(known: Mapping[str, Any]) -> Iterator[str]:
    yield f"address: {known.get('url', '')}"
    yield f"updates that wait: {known.get('pending_update_count', 0)}"
    at = known.get("last_error_date")
    if isinstance(at, int):
        when = datetime.fromtimestamp(at, UTC)
        yield f"last error: {when:%Y-%m-%d %H:%M:%S} UTC, {known.get('last_error_message', '')}"
