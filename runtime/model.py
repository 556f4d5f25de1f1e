"""The trained model that belongs to the present data."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from runtime.console import Noise, last_state
from runtime.places import MODELS, ROOT
from runtime.problems import CannotStart
from runtime.processes import bot_environment
from runtime.settings import Settings

Say = Callable[[str], None]


def fingerprint(root: Path = ROOT) -> str:
    """Twelve hex digits over everything that a model is made from: names and bytes, in the order of the names."""
    digest = hashlib.sha256()
    for path in sorted(_sources(root)):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:12]


def _sources(root: Path) -> Iterable[Path]:
    yield from (root / name for name in ("config.yml", "domain.yml", "requirements/bot.txt"))
    yield from (path for path in (root / "data").rglob("*.yml") if path.parent.name != "faq")  # not for training
    yield from (root / "bot").rglob("*.py")


def model_path(settings: Settings) -> Path:
    """The archive that these settings ask for, whether it is there or not."""
    return Path(settings.model) if settings.model else MODELS / f"returndesk-{fingerprint()}.tar.gz"


async def provide_model(settings: Settings, say: Say) -> Path:
    """The archive's path; trains it first when it is not there yet.

    Two that want the same model train it once: the second waits. Raises CannotStart when a model that was asked
    for by name is missing, and when training fails.
    """
    path = model_path(settings)
    if path.is_file():
        return path
    if settings.model:
        raise CannotStart(f"RETURNDESK_MODEL: there is no file {path}")
    lock = await asyncio.to_thread(_lock)
    try:
        if not path.is_file():
            say(f"training the model {path.name}: there is none for the present data yet (a minute or two)")
            await _train(settings, path, say)
    finally:
        os.close(lock)
    return path


def _lock() -> int:
    """Waits for the lock on the models folder; closing the descriptor gives it back."""
    MODELS.mkdir(exist_ok=True)
    lock = os.open(MODELS / ".lock", os.O_WRONLY | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


async def _train(settings: Settings, path: Path, say: Say) -> None:
    with tempfile.TemporaryDirectory(dir=MODELS, prefix=".training-") as folder:
        process = await asyncio.create_subprocess_exec(
            *(str(settings.bot_python.absolute()), "-m", "rasa", "train", "--config", "config.yml"),
            *(
                "--domain",
                "domain.yml",
                "--data",
                "data",
                "--out",
                folder,
                "--fixed-model-name",
                path.name,
                "--skip-validation",
            ),
            cwd=ROOT,
            env={**bot_environment(os.environ), "TMPDIR": folder},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert process.stdout is not None  # noqa: S101 (asked for above)
        try:
            noise = Noise()
            async for line in process.stdout:
                text = last_state(line)
                if text and not noise.is_noise(text):
                    say(text)
            status = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
        trained = Path(folder) / path.name
        if status or not trained.is_file():
            raise CannotStart(f"training failed (exit status {status}); what it said stands above")
        shutil.move(trained, path)
