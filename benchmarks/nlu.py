"""Measures the understanding: intents, entities and time per message. Runs in the bot environment.

    python benchmarks/nlu.py [--model models/x.tar.gz] [--out predictions.jsonl] GOLD.jsonl [GOLD.jsonl ...]
    python benchmarks/nlu.py --text "我要退货"      one message: intent, ranking, entities, language

A gold line is {"text", "lang", "intent"}, with {"also": [...]} where further intents are right, or
{"text", "lang", "entities": {name: [values]}} where entities are measured. Without --model: the newest in models/.
A prediction line is {"text", "intent", "confidence", "decision"}: "act", or "clarify" for nlu_fallback.
"""

import argparse
import asyncio
import json
import logging
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OTHER_TRADE = {"chitchat", "ask_product", "out_of_scope", "nlu_fallback"}
SOCIAL = {
    "greet",
    "goodbye",
    "thank",
    "affirm",
    "deny",
    "stop",
    "help",
    "bot_challenge",
    "repeat",
    "change_language",
    "inform",
}
COLUMNS = ("acc", "F1", "cover", "right", "false", "ece")
MEASURED_ENTITIES = {"order_number", "tracking_number", "phone", "email", "amount", "date", "quantity"}

Row = dict[str, Any]


def main() -> None:
    """Reads the arguments and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="a trained archive")
    parser.add_argument("--out", type=Path, help="write the predictions here")
    parser.add_argument("--text", help="show what is understood of this one message")
    parser.add_argument(
        "--today", type=date.fromisoformat, default=date(2026, 11, 21), help="day that dates are relative to"
    )
    parser.add_argument("gold", nargs="*", type=Path)
    args = parser.parse_args()
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.path.insert(0, str(ROOT))
    asyncio.run(show(args) if args.text else measure(args))


async def show(args: argparse.Namespace) -> None:
    """Prints the parse of one message."""
    parsed = await Reader(args.model).parse(args.text)
    print(f"intent    {parsed['intent']['name']}  {parsed['intent']['confidence']:.2f}")
    for entry in parsed.get("intent_ranking", [])[:5]:
        print(f"          {entry['name']:26}{entry['confidence']:.2f}")
    for entity in parsed["entities"]:
        print(f"entity    {entity['entity']:16}{entity['value']!s:24}{args.text[entity['start'] : entity['end']]}")


async def measure(args: argparse.Namespace) -> None:
    """Predicts every gold text and prints one row per file, per language and over all."""
    files = {path: read_lines(path) for path in args.gold}
    intents = {path: rows for path, rows in files.items() if "intent" in rows[0]}
    for path, rows in files.items():
        if path not in intents:
            score_entities(path, rows, args.today)
    if intents:
        reader = Reader(args.model)
        texts = dict.fromkeys(row["text"] for rows in intents.values() for row in rows)
        predictions = {text: await reader.predict(text) for text in texts}
        if args.out:
            lines = (json.dumps(prediction, ensure_ascii=False) for prediction in predictions.values())
            args.out.write_text("\n".join(lines) + "\n", encoding="utf8")
        print_scores(intents, predictions)
        times = sorted(reader.seconds)
        p50, p95 = (1000 * times[int(share * (len(times) - 1))] for share in (0.5, 0.95))
        print(f"\nms per message: p50 {p50:.1f}, p95 {p95:.1f}, over {len(times)}")


class Reader:
    """A loaded model; `seconds` holds the time of each parse."""

    def __init__(self, model: Path | None) -> None:
        import structlog
        from rasa.core.agent import Agent

        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
        newest = model or max(
            (ROOT / "models").glob("*.tar.gz"), key=lambda path: path.stat().st_mtime, default=None
        )
        if newest is None:
            sys.exit("no model in models/: train one first, or name one with --model")
        self.seconds: list[float] = []
        self._processor = Agent.load(str(newest)).processor

    async def parse(self, text: str) -> Row:
        """Rasa's parse of `text`."""
        from rasa.core.channels.channel import UserMessage

        began = time.perf_counter()
        parsed: Row = await self._processor.parse_message(UserMessage(text=text))
        self.seconds.append(time.perf_counter() - began)
        return parsed

    async def predict(self, text: str) -> Row:
        """The prediction line; under a fallback the likeliest intent with the decision to ask."""
        parsed = await self.parse(text)
        ranking = [entry for entry in parsed.get("intent_ranking", []) if entry["name"] != "nlu_fallback"]
        top = ranking[0] if ranking else {"name": "out_of_scope", "confidence": 0.0}
        decision = "clarify" if parsed["intent"]["name"] == "nlu_fallback" else "act"
        return {
            "text": text,
            "intent": top["name"],
            "confidence": round(top["confidence"], 4),
            "decision": decision,
        }


def read_lines(path: Path) -> list[Row]:
    """The objects of a JSON-lines file."""
    with path.open(encoding="utf8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def one_class(intent: str) -> str:
    """Other-trade intents count as one."""
    return "out_of_scope" if intent in OTHER_TRADE else intent


def score(pairs: Iterable[tuple[Row, Row]]) -> dict[str, float]:
    """acc, macro-F1, cover and right of our trade, false of other trade, calibration error; shares of 1."""
    pairs = list(pairs)
    hits, tp, fp, fn, support = 0, Counter(), Counter(), Counter(), Counter()  # type: ignore[var-annotated]
    bins: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0])
    trade, acted, acted_right, other, wrongly = 0, 0, 0, 0, 0
    for gold, prediction in pairs:
        truth, guess = one_class(gold["intent"]), one_class(prediction["intent"])
        hit = guess in {truth, *map(one_class, gold.get("also", ()))}
        hits += hit
        support[truth] += 1
        (tp if hit else fn)[truth] += 1
        fp[guess] += not hit
        cell = bins[min(9, int(prediction["confidence"] * 10))]
        cell[0] += prediction["confidence"]
        cell[1] += hit
        acts = prediction["decision"] == "act" and guess != "out_of_scope"
        if truth == "out_of_scope":
            other += 1
            wrongly += acts and guess not in SOCIAL
        else:
            trade += 1
            acted += acts
            acted_right += acts and hit
    f1 = [2 * tp[name] / (2 * tp[name] + fp[name] + fn[name]) for name, count in support.items() if count >= 3]
    return {
        "acc": hits / len(pairs),
        "F1": sum(f1) / len(f1) if f1 else float("nan"),
        "cover": acted / trade if trade else float("nan"),
        "right": acted_right / acted if acted else float("nan"),
        "false": wrongly / other if other else float("nan"),
        "ece": sum(abs(confident - right) for confident, right in bins.values()) / len(pairs),
    }


def print_scores(files: dict[Path, list[Row]], predictions: dict[str, Row]) -> None:
    """One table row per file, per language, and over all."""
    groups: dict[str, list[tuple[Row, Row]]] = {}
    for path, rows in files.items():
        groups[path.name] = [(row, predictions[row["text"]]) for row in rows]
    every = [pair for pairs in groups.values() for pair in pairs]
    for language in sorted({gold.get("lang", "?") for gold, _ in every}):
        groups[f"[{language}]"] = [pair for pair in every if pair[0].get("lang", "?") == language]
    groups["[all]"] = every
    print(f"{'set':28}{'n':>6}" + "".join(f"{column:>8}" for column in COLUMNS))
    for name, pairs in groups.items():
        row = score(pairs)
        print(f"{name:28}{len(pairs):>6}" + "".join(f"{row[column]:8.3f}" for column in COLUMNS))


def score_entities(path: Path, rows: list[Row], today: date) -> None:
    """Prints messages with all entities right, then right / found / expected values per entity."""
    from bot.entities import find_entities
    from bot.spacy_zh import build_language
    from bot.text import fold

    nlp = build_language()
    exact, right, found, expected = 0, Counter(), Counter(), Counter()  # type: ignore[var-annotated]
    for row in rows:
        values: dict[str, list[str | int]] = {}
        spans = [(span.start_char, span.end_char) for span in nlp(fold(row["text"])).ents]
        for one in find_entities(row["text"], today, spans):
            if one.entity in MEASURED_ENTITIES:
                values.setdefault(one.entity, []).append(one.value)
        exact += values == row["entities"]
        for name in {*values, *row["entities"]}:
            ours, theirs = Counter(values.get(name, [])), Counter(row["entities"].get(name, []))
            right[name] += (ours & theirs).total()
            found[name] += ours.total()
            expected[name] += theirs.total()
    print(f"{path.name}: all entities right in {exact} of {len(rows)} messages (right/found/expected)")
    print(
        "  "
        + ", ".join(f"{name} {right[name]}/{found[name]}/{expected[name]}" for name in sorted(expected))
        + "\n"
    )


if __name__ == "__main__":
    main()
