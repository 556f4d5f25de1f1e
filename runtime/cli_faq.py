"""`returndesk faq`: looks after the questions and answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aftersales.domain.faq import QUESTION_INTENTS, Faq
from aftersales.domain.texts import LANGUAGES
from runtime.faq_file import FAQ, FaqFileError, load_faq
from runtime.policy_file import PolicyFileError, load_policy
from runtime.settings import Settings
from runtime.texts import shipped_texts

app = typer.Typer(name="faq", help="The shop's questions and answers.", no_args_is_help=True)
Folder = Annotated[Path, typer.Option(help="The folder of the files.")]


@app.callback()
def faq() -> None:
    """The shop's questions and answers."""


@app.command()
def check(folder: Folder = FAQ) -> None:
    """Read all files and say "ok" with the number of entries, or list every problem with its file and line."""
    typer.echo(f"ok {len(_load(folder).entries)}")


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="What a customer might ask.")],
    intent: Annotated[str, typer.Option(help="The intent under which to look.")] = "ask_return_policy",
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    folder: Folder = FAQ,
) -> None:
    """Show which answers a question finds, the likeliest first."""
    if intent not in QUESTION_INTENTS or language not in LANGUAGES:
        raise typer.BadParameter(f"{intent} {language}")
    found = _load(folder)
    for entry, score in found.ranked(question, intent=intent, language=language, signed_in=True)[:3]:
        typer.echo(f"{score:.2f} {entry.id}: {found.answer(entry).of(language)}")


def _load(folder: Path) -> Faq:
    try:
        policy = load_policy(Settings().policy_file)
        return load_faq(folder, policy=policy, responses=shipped_texts().names)
    except (PolicyFileError, FaqFileError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    app()
