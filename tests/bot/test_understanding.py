"""What everyone types first is understood: the everyday sentences of tests/nlu, and words that stand alone."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from typing import Any

import pytest

from runtime.model import model_path
from runtime.processes import bot_environment
from runtime.settings import Settings
from tests.project_data import LANGUAGES, ROOT, domain, examples
from tests.services_at_work import BOT_PYTHON

Row = dict[str, Any]

ENOUGH = 150
LEAST_RIGHT = 0.95
OTHER_TRADE = {"chitchat", "ask_product", "out_of_scope"}
# These stand among the examples, so that they tell nothing of sentences that the model has not seen.
MUST_HOLD = {
    "退货": "return_item",
    "不想要了": "return_item",
    "项链不想要了": "return_item",
    "我要退相机，不想要了": "return_item",
    "我要退那双跑鞋，尺码小了": "return_item",
    "退款": "request_refund",
    "换货": "exchange_item",
    "我不退了": "cancel_return",
    "投诉": "file_complaint",
    "人工": "talk_to_human",
    "订单": "list_orders",
    "发票": "ask_invoice",
    "物流": "track_order",
    "👍": "affirm",
    "好": "affirm",
    "嗯": "affirm",
    "是": "affirm",
    "不": "deny",
    "return": "return_item",
    "I want to return something": "return_item",
    "The running shoes are too small": "return_item",
    "I don't want the camera any more": "return_item",
    "I want to return the camera, I don't need it any more": "return_item",
    "refund": "request_refund",
    "exchange": "exchange_item",
    "never mind the return, I'll keep it": "cancel_return",
    "complaint": "file_complaint",
    "agent": "talk_to_human",
    "human": "talk_to_human",
    "orders": "list_orders",
    "invoice": "ask_invoice",
    "tracking": "track_order",
    "ok": "affirm",
    "yes": "affirm",
    "no": "deny",
}


def everyday(language: str) -> list[Row]:
    path = ROOT / "tests" / "nlu" / f"everyday_{language}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()]


def fold(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.casefold()).strip() or text


def one_class(intent: str) -> str:
    return "out_of_scope" if intent in OTHER_TRADE else intent


@pytest.fixture(scope="module")
def understood(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    """What the model for the present data makes of every text, by text."""
    model = model_path(Settings(_env_file=None, model=""))
    if not BOT_PYTHON.is_file() or not model.is_file():
        pytest.skip("there is no bot environment, or no model for the present data: make train")
    folder = tmp_path_factory.mktemp("understood")
    words, out = folder / "words.jsonl", folder / "out.jsonl"
    texts = [*MUST_HOLD, *(row["text"] for language in LANGUAGES for row in everyday(language))]
    words.write_text("\n".join(json.dumps({"text": text}) for text in texts), encoding="utf8")
    subprocess.run(
        [BOT_PYTHON.absolute(), "-m", "benchmarks.predict", "--model", model, "--in", words, "--out", out],
        cwd=ROOT,
        env=bot_environment(os.environ),
        check=True,
        capture_output=True,
    )
    return {row["text"]: row for row in map(json.loads, out.read_text(encoding="utf8").splitlines())}


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_enough_everyday_sentences_with_known_intents(language: str) -> None:
    rows = everyday(language)
    assert len(rows) >= ENOUGH
    assert {row["lang"] for row in rows} == {language}
    assert {name for row in rows for name in (row["intent"], *row.get("also", ()))} <= set(domain()["intents"])
    assert [text for text, count in Counter(fold(row["text"]) for row in rows).items() if count > 1] == []


def test_no_everyday_sentence_is_an_example_to_learn_from() -> None:
    learnt = {fold(example) for language in LANGUAGES for _, example in examples(language)}
    asked = {fold(row["text"]) for language in LANGUAGES for row in everyday(language)}
    assert asked & learnt == set()


@pytest.mark.e2e
@pytest.mark.timeout(240)
@pytest.mark.parametrize("language", LANGUAGES)
def test_everyday_sentences_are_understood(understood: dict[str, Row], language: str) -> None:
    rows = everyday(language)
    wrong = [
        (row["text"], row["intent"], found)
        for row in rows
        if one_class(found := understood[row["text"]]["intent"])
        not in map(one_class, (row["intent"], *row.get("also", ())))
    ]
    assert len(wrong) <= (1 - LEAST_RIGHT) * len(rows), wrong


@pytest.mark.e2e
@pytest.mark.timeout(240)
@pytest.mark.parametrize(("text", "intent"), MUST_HOLD.items())
def test_what_everyone_types_first_is_acted_on_rightly(understood: dict[str, Row], text: str, intent: str) -> None:
    assert (understood[text]["intent"], understood[text]["decision"]) == (intent, "act")
