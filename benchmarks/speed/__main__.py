"""`python -m benchmarks.speed`: runs both assistants and writes the table into benchmarks/README.md.

Needs both environments, a trained model and two cores: both assistants share one with the action server, and
one is spoken to at a time; the load comes from the other core. Takes about twenty minutes, most of them for
training the stock assistant.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.speed import stock_project
from benchmarks.speed.assistants import ReturnDesk, Stock
from benchmarks.speed.measure import NEEDED, Result, Running, measure
from benchmarks.speed.report import goals_met, heading, table
from benchmarks.speed.servers import our_bot, pinned, running, stock_bot
from benchmarks.speed.shop import open_conversations
from runtime.model import model_path
from runtime.places import ROOT
from runtime.settings import Settings
from tests.services_at_work import BOT_PYTHON, Service, environment, serving

PAGE = ROOT / "benchmarks" / "README.md"
BEGIN, END = "<!-- speed -->", "<!-- /speed -->"


def main() -> None:
    """Status 1 when a goal is missed."""
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit("needs two cores: one for the assistant, one for the load")
    with tempfile.TemporaryDirectory(prefix="returndesk-bench-") as folder:
        ours, stock = run(Path(folder))
    told = f"{heading(_machine(), datetime.now(UTC).date())}\n\n{table(ours, stock)}"
    print(told)
    _write(told)
    if not goals_met(ours, stock):
        sys.exit(1)


def run(folder: Path) -> tuple[Result, Result]:
    """Both results, measured in turns."""
    core, other = sorted(os.sched_getaffinity(0))[:2]
    print("training the stock assistant", file=sys.stderr)
    stock_project.make(folder / "stock")
    trained = stock_project.train(folder / "stock", python=BOT_PYTHON)
    model = model_path(Settings(_env_file=None, model=""))
    with ExitStack() as stack:
        with pinned(core):
            service = stack.enter_context(
                serving(environment(folder / "data", model=model, trusted_proxies=1), folder=folder)
            )
            both = [_ours(stack, service, model=model), _stock(stack, service, model=trained)]
        conversations = open_conversations(service, len(both) * NEEDED, folder=folder)
        stack.enter_context(pinned(other))
        print("measuring", file=sys.stderr)
        ours, stock = measure(both, conversations)
    return ours, stock


def _ours(stack: ExitStack, service: Service, *, model: Path) -> Running:
    command, well, headers = our_bot(service, python=BOT_PYTHON, model=model)
    pid, start = stack.enter_context(running(command, well=well, headers=headers, cwd=ROOT))
    url = well.removesuffix("/webhooks/returndesk/health")
    return Running(assistant=ReturnDesk(url, token=service.secret("internal_secret")), pid=pid, start=start)


def _stock(stack: ExitStack, service: Service, *, model: Path) -> Running:
    folder = model.parent.parent
    command, well = stock_bot(service, python=BOT_PYTHON, model=model, folder=folder)
    pid, start = stack.enter_context(running(command, well=well, headers={}, cwd=folder))
    return Running(assistant=Stock(well.removesuffix("/status")), pid=pid, start=start)


def _machine() -> str:
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    return f"one core each of {os.cpu_count()} ({cpu}), Python {platform.python_version()}"


def _write(told: str) -> None:
    page = PAGE.read_text(encoding="utf8")
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{told}\n{END}{after}", encoding="utf8")


if __name__ == "__main__":
    main()
