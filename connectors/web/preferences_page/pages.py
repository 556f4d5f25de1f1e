"""The page on which a customer chooses what to be told."""

from __future__ import annotations

from pathlib import Path

from aftersales.domain.preferences import Preferences
from aftersales.domain.texts import Language
from connectors.web.signed_pages.common import Pages

_HERE = Path(__file__).parent


class PreferencesPages(Pages):
    def __init__(self, *, shop_name: str) -> None:
        super().__init__(_HERE)
        self._shop_name = shop_name

    def choices(self, chosen: Preferences, language: Language, *, token: str, is_saved: bool) -> str:
        return self.render(
            "choices.html", language, chosen=chosen, token=token, is_saved=is_saved, shop=self._shop_name
        )
