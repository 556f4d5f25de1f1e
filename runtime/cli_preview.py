"""`returndesk preview`: shows the mails that customers get, with samples, before they do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aftersales.domain.mail_subjects import SUBJECTS
from aftersales.domain.texts import LANGUAGES
from connectors.email.layout import MailLayout
from runtime.preview.mails import as_text, make_previews, write_previews
from runtime.problems import read_settings
from runtime.texts import RESPONSES, ResponseTexts


def preview(
    name: Annotated[str, typer.Argument(help="One response, to be printed; all are written without it.")] = "",
    folder: Annotated[Path, typer.Option(help="Where all are written.")] = Path("var/preview"),
    responses: Annotated[Path, typer.Option(help="The folder of the texts.")] = RESPONSES,
) -> None:
    """Write every mail that customers may get, or print one, in both languages with samples.

    What cannot be written (a text that is missing, a parameter for which there is no sample) is listed; status 1.
    """
    shop_name = read_settings().shop_name
    wanted = f"utter_{name.removeprefix('utter_')}" if name else ""
    if wanted and wanted not in SUBJECTS:
        typer.echo(f"{wanted} is not mailed; these are: {', '.join(sorted(SUBJECTS))}", err=True)
        raise typer.Exit(1)
    names = frozenset({wanted} if wanted else SUBJECTS)
    made = make_previews(ResponseTexts(responses), shop_name=shop_name, names=names)
    for problem in made.problems:
        typer.echo(problem, err=True)
    if wanted:
        layout = MailLayout(shop_name=shop_name)
        for language in LANGUAGES:
            if letter := made.letters.get((wanted, language)):
                typer.echo(as_text(letter, layout))
    else:
        typer.echo(f"{len(made.letters)} mails: {write_previews(made, folder, shop_name=shop_name)}")
    if made.problems:
        raise typer.Exit(1)
