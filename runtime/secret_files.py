"""Secrets that nobody has set are made once and kept in the data folder."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from runtime.settings import Settings

NAMES = ("internal_secret", "merchant_key", "site_token_key", "audit_key", "account_key", "case_link_key")


Link = Callable[[Path, Path], None]


def load_or_make(settings: Settings, *, link: Link = os.link) -> Settings:
    """The settings with every blank secret filled from <data>/secrets/<name>; missing files are made (mode 0600).

    All processes of one data folder get the same secrets, whichever comes first. `link` makes a hard link; where
    the file system has none (OSError), the file is made in place.
    """
    blank = [name for name in NAMES if not getattr(settings, name).get_secret_value()]
    folder = settings.data / "secrets"
    return settings.model_copy(update={name: SecretStr(_load_or_make(folder / name, link=link)) for name in blank})


def _load_or_make(path: Path, *, link: Link) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = path.with_name(f".{path.name}.{os.getpid()}")
    if not path.exists():
        with open(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32))
        try:
            link(own, path)  # unlike a rename, this never replaces what another process has just made
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            _copy_once(own, path)
        finally:
            own.unlink()
    return path.read_text(encoding="ascii").strip()


def _copy_once(own: Path, path: Path) -> None:
    """Makes `path` with what `own` holds, in one write; the file of whoever was first stays."""
    try:
        target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    try:
        os.write(target, own.read_bytes())
        os.fsync(target)
    finally:
        os.close(target)
