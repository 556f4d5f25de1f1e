"""The commands that show and measure what the bot understands; each trains the model first when there is none."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from runtime.console import Console
from runtime.model import provide_model
from runtime.places import ROOT
from runtime.problems import read_settings
from runtime.processes import bot_environment

HELD_OUT = ROOT / "tests" / "nlu"
CARD = ROOT / "models" / "README.md"

app = typer.Typer()


@app.command()
def predict(
    text: Annotated[str | None, typer.Argument(help="One message.")] = None,
    source: Annotated[Path | None, typer.Option("--in", help='Instead: a file, one {"text"} a line.')] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Where the predictions of the file go.")] = None,
    today: Annotated[str, typer.Option(help="The day that dates are relative to (YYYY-MM-DD).")] = "",
) -> None:
    """Show what the bot understands of one message, or write what it understands of a file."""
    words = ["benchmarks.predict", "--model", _model()]
    words += ["--in", str(source.absolute())] if source else []
    words += ["--out", str(out.absolute())] if out else []
    words += ["--today", today] if today else []
    _in_bot_environment("-m", *words, *(["--", text] if text is not None else []))


@app.command()
def evaluate(
    folder: Annotated[Path, typer.Argument(help="Gold files, *.jsonl.", exists=True, file_okay=False)],
    errors: Annotated[int, typer.Option(help="Also print the surest mistakes.")] = 0,
    refit: Annotated[bool, typer.Option(help="First set the limits of bot/decision.yml anew.")] = False,
) -> None:
    """Measure the understanding on a folder of gold files; status 1 when a floor is not kept."""
    words = ["benchmarks.evaluate", "--model", _model(), "--card", str(CARD), "--errors", str(errors)]
    _in_bot_environment("-m", *words, *(["--refit"] if refit else []), str(folder.absolute()))


@app.command()
def pace() -> None:
    """Measure the understanding on the held-out examples, its pace, and the check of an action's answer."""
    model = _model()
    _in_bot_environment("-m", "benchmarks.evaluate", "--model", model, str(HELD_OUT))
    _in_bot_environment("-m", "benchmarks.pace", "--model", model, *sorted(map(str, HELD_OUT.glob("*.jsonl"))))
    _in_bot_environment("-m", "benchmarks.action_validation")


def _model() -> str:
    return str(asyncio.run(provide_model(read_settings(), _progress)).absolute())


def _progress(line: str) -> None:
    Console(sys.stderr).say("train", line)


def _in_bot_environment(*arguments: str) -> None:
    command = [str(read_settings().bot_python.absolute()), *arguments]
    done = subprocess.run(command, cwd=ROOT, env=bot_environment(os.environ), check=False)  # noqa: S603 (our own)
    if done.returncode:
        raise typer.Exit(done.returncode)
