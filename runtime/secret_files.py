"""Secrets that nobody has set are made once and kept in the data folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from pydantic import SecretStr

from runtime.settings import Settings

NAMES = ("internal_secret", "merchant_key", "site_token_key")


def load_or_make(settings: Settings) -> Settings:
    """The settings with every blank secret filled from <data>/secrets/<name>; missing files are made (mode 0600).

    All processes of one data folder get the same secrets, whichever comes first.
    """
    blank = [name for name in NAMES if not getattr(settings, name).get_secret_value()]
    folder = settings.data / "secrets"
    return settings.model_copy(update={name: SecretStr(_load_or_make(folder / name)) for name in blank})


def _load_or_make(path: Path) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = path.with_name(f".{path.name}.{os.getpid()}")
    if not path.exists():
        with open(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32))
        try:
            os.link(own, path)  # unlike a rename, this never replaces what another process has just made
        except FileExistsError:
            pass
        finally:
            own.unlink()
    return path.read_text(encoding="ascii").strip()
