"""Every mail that customers may get, with samples for its parameters, to be looked at before customers do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from aftersales.domain.mail_subjects import SUBJECTS, subject_of
from aftersales.domain.texts import LANGUAGES, Language
from aftersales.ports import Texts
from connectors.email.layout import Letter, MailLayout

_HERE = Path(__file__).parent
_LINK = "https://service.example.com/{page}/sample"
_CODES = frozenset({"utter_mail_code"})
# They are about something that has no page; see services.status_links.
_WITHOUT_PAGE = ("utter_orders_", "utter_channel_", "utter_complaints_watch_")


@dataclass(slots=True)
class Previews:
    """Letters by response and language, and what keeps the others from being written, a line each."""

    letters: dict[tuple[str, Language], Letter] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def make_previews(texts: Texts, *, shop_name: str, names: frozenset[str] = frozenset(SUBJECTS)) -> Previews:
    """All letters of these responses; a problem for a text that is missing and a parameter without a sample."""
    samples = yaml.safe_load((_HERE / "samples.yml").read_text(encoding="utf8"))
    made = Previews()
    for name in sorted(names):
        for language in LANGUAGES:
            parameters = {**samples[language], "shop": shop_name}
            try:
                subject = texts.render(subject_of(name), language, **parameters)
                text = texts.render(name, language, **parameters)
            except (KeyError, IndexError) as error:
                made.problems.append(f"{name} ({language}): {error.args[0]}")
                continue
            made.letters[name, language] = _letter(
                name, language, subject=subject, text=text, code=str(parameters["code"])
            )
    return made


def write_previews(made: Previews, folder: Path, *, shop_name: str) -> Path:
    """Each letter as a page and as text, and index.html with all of them side by side; gives that one's path.

    Raises OSError.
    """
    layout = MailLayout(shop_name=shop_name)
    folder.mkdir(parents=True, exist_ok=True)
    for (name, language), letter in made.letters.items():
        (folder / f"{name}.{language}.html").write_text(layout.html(letter), encoding="utf8")
        (folder / f"{name}.{language}.txt").write_text(as_text(letter, layout), encoding="utf8")
    environment = Environment(loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined)
    names = sorted({name for name, _ in made.letters})
    index = environment.get_template("index.html").render(shop=shop_name, names=names, languages=LANGUAGES)
    path = folder / "index.html"
    path.write_text(index, encoding="utf8")
    return path


def as_text(letter: Letter, layout: MailLayout) -> str:
    return f"{letter.subject}\n\n{layout.text(letter)}"


def _letter(name: str, language: Language, *, subject: str, text: str, code: str) -> Letter:
    if name in _CODES:
        return Letter(language=language, subject=subject, text=text, code=code)
    return Letter(
        language=language,
        subject=subject,
        text=text,
        link="" if name.startswith(_WITHOUT_PAGE) else _LINK.format(page="r"),
        preferences=_LINK.format(page="n"),
    )
