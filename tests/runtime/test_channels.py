"""The messaging apps that the settings name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import SecretStr

from runtime.channels import open_channels
from runtime.settings import Settings
from tests.fakes import FrozenClock


def settings(folder: Path, **changes: Any) -> Settings:
    return Settings(_env_file=None, data=folder, **changes)


async def test_a_shop_on_its_website_alone_has_none(tmp_path: Path) -> None:
    async with open_channels(settings(tmp_path), clock=FrozenClock()) as channels:
        assert channels == {}


async def test_a_service_account_and_a_mini_program_have_manners_of_their_own(tmp_path: Path) -> None:
    given = {"wechat_app_id": "wx1", "wechat_mini_app_id": "wx2", "wechat_menus": True}
    secrets = {name: SecretStr("s") for name in ("wechat_app_secret", "wechat_mini_app_secret")}
    async with open_channels(settings(tmp_path, **given, **secrets), clock=FrozenClock()) as channels:
        assert {name: channel.manners.most_options for name, channel in channels.items()} == {
            "wechat": 10,
            "wechat_mini": 0,
        }
