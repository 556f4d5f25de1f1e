"""The four processes: how each is started and how one sees that it is well."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from runtime.heartbeat import beat_file
from runtime.places import ROOT, bot_folder, temporary_folder
from runtime.settings import Settings

IsWell = Callable[[], Awaitable[bool]]

# Rasa and TensorFlow: nothing is sent home, little is said, and two cores are left to the others as well.
_BOT_ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "CUDA_VISIBLE_DEVICES": "",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_INTRA_OP_PARALLELISM_THREADS": "1",
    "TF_INTER_OP_PARALLELISM_THREADS": "1",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONWARNINGS": "ignore",
    "PYTHONUNBUFFERED": "1",
    "PYTHONUTF8": "1",
    "LOG_LEVEL_LIBRARIES": "ERROR",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """`environment` is the whole environment of the process."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    is_well: IsWell


def bot_environment(outer: Mapping[str, str]) -> dict[str, str]:
    """For every process of the bot environment, training included. Our own secrets are not handed on."""
    passed_on = {name: value for name, value in outer.items() if not name.startswith("RETURNDESK_")}
    passed_on.pop("PYTHONHOME", None)
    return {**passed_on, "PYTHONPATH": str(ROOT), **_BOT_ENVIRONMENT}


def plan(
    settings: Settings, *, model: Path, outer: Mapping[str, str], client: httpx.AsyncClient
) -> tuple[Process, ...]:
    """The processes of one service, those first that take longest to start."""
    service = {**outer, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}

    def answers(url: str) -> IsWell:
        async def is_well() -> bool:
            try:
                return (await client.get(url)).status_code == 200
            except httpx.TransportError:
                return False

        return is_well

    def of_service(name: str, module: str, is_well: IsWell) -> Process:
        return Process(name=name, command=(sys.executable, "-m", module), environment=service, is_well=is_well)

    inside = "http://127.0.0.1"
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::", "") else settings.host  # noqa: S104 (compared only)
    return (
        Process(
            name="bot",
            command=_bot_command(settings, model),
            environment={**bot_environment(outer), "TMPDIR": str(temporary_folder(settings.data))},
            is_well=answers(f"{inside}:{settings.bot_port}/webhooks/returndesk/health"),
        ),
        of_service("actions", "runtime.action_server", answers(f"{inside}:{settings.actions_port}/health")),
        of_service("worker", "runtime.worker", _beats(settings.data)),
        of_service("front", "runtime.front", answers(f"http://{host}:{settings.port}/health/live")),
    )


def _bot_command(settings: Settings, model: Path) -> tuple[str, ...]:
    folder = bot_folder(settings.data).absolute()
    return (
        *(str(settings.bot_python.absolute()), "-m", "bot.serve"),
        *("--model", str(model.absolute()), "--port", str(settings.bot_port)),
        *("--credentials", str(folder / "credentials.yml"), "--endpoints", str(folder / "endpoints.yml")),
    )


def _beats(data: Path) -> IsWell:
    """The worker has touched its file since this plan was made."""
    file = beat_file(data)
    before = file.stat().st_mtime_ns if file.exists() else 0

    async def is_well() -> bool:
        return file.exists() and file.stat().st_mtime_ns > before

    return is_well
