"""A stock Rasa assistant from our own domain and data: the pipeline and policies that `rasa init` proposes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from benchmarks.speed.dialogues import RETURN, Say
from runtime.places import ROOT
from runtime.processes import bot_environment

UTTERANCES = 30
EPOCHS = 1
# Enough to understand the words of the dialogues, so that both assistants do the same work.
UNDERSTANDING_EPOCHS = 20
SEED = 7
CONFIG: dict[str, Any] = {
    "recipe": "default.v1",
    "assistant_id": "stock",
    "language": "en",
    "pipeline": [
        {"name": "WhitespaceTokenizer"},
        {"name": "RegexFeaturizer"},
        {"name": "LexicalSyntacticFeaturizer"},
        {"name": "CountVectorsFeaturizer"},
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
        {
            "name": "DIETClassifier",
            "epochs": UNDERSTANDING_EPOCHS,
            "constrain_similarities": True,
            "random_seed": SEED,
        },
        {"name": "EntitySynonymMapper"},
        {"name": "ResponseSelector", "epochs": EPOCHS, "constrain_similarities": True},
        {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
    ],
    "policies": [
        {"name": "MemoizationPolicy"},
        {"name": "RulePolicy"},
        {"name": "UnexpecTEDIntentPolicy", "max_history": 5, "epochs": EPOCHS},
        {"name": "TEDPolicy", "max_history": 5, "epochs": EPOCHS, "constrain_similarities": True},
    ],
}


def make(folder: Path) -> None:
    """Writes the project; of each intent 30 utterances, as many Chinese as English ones."""
    (folder / "data").mkdir(parents=True)
    shutil.copy(ROOT / "domain.yml", folder)
    shutil.copytree(ROOT / "data" / "responses", folder / "data" / "responses")
    shutil.copytree(ROOT / "data" / "rules", folder / "data" / "rules")
    _write(folder / "config.yml", CONFIG)
    _write(folder / "credentials.yml", {"rest": {}})
    _write(folder / "data" / "nlu.yml", {"version": "3.1", "nlu": _utterances()})
    _write(folder / "data" / "stories.yml", {"version": "3.1", "stories": _stories(folder)})


def train(folder: Path, *, python: Path) -> Path:
    """The trained archive. Raises RuntimeError with the end of what Rasa said."""
    command = [str(python.absolute()), "-m", "rasa", "train", "--fixed-model-name", "stock", "--out", "models"]
    environment = {**bot_environment(os.environ), "PYTHONPATH": ""}
    with (folder / "train.log").open("wb") as log:
        done = subprocess.run(command, cwd=folder, env=environment, stdout=log, stderr=log, check=False)  # noqa: S603
    if done.returncode:
        raise RuntimeError((folder / "train.log").read_text(encoding="utf8", errors="replace")[-4000:])
    return folder / "models" / "stock.tar.gz"


def _utterances() -> list[dict[str, str]]:
    """The words of the dialogues are among them."""
    found: dict[str, list[str]] = {}
    for step in (step for steps in RETURN.values() for step in steps):
        if isinstance(step, Say):
            found.setdefault(step.intent, []).append(f"- {step.text}")
    for language in ("zh", "en"):
        of_language: dict[str, list[str]] = {}
        for file in sorted((ROOT / "data" / "nlu" / language).glob("*.yml")):
            for block in yaml.safe_load(file.read_text(encoding="utf8"))["nlu"]:
                of_language.setdefault(block["intent"], []).extend(block["examples"].splitlines())
        for intent, lines in of_language.items():
            found.setdefault(intent, []).extend(lines[: UTTERANCES // 2])
    return [{"intent": intent, "examples": "\n".join(lines) + "\n"} for intent, lines in sorted(found.items())]


def _stories(folder: Path) -> list[dict[str, Any]]:
    """TED and UnexpecTED learn from stories, of which we have none: each rule outside the form is one."""
    stories = []
    for file in sorted((folder / "data" / "rules").glob("*.yml")):
        for rule in yaml.safe_load(file.read_text(encoding="utf8"))["rules"]:
            if "condition" not in rule:
                stories.append({"story": rule["rule"], "steps": rule["steps"]})
    return stories


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(content), allow_unicode=True, sort_keys=False), encoding="utf8")
