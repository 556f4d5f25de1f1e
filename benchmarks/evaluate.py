"""Quality of a trained archive on a folder of gold files, against the floors. Runs in the bot environment.

    python -m benchmarks.evaluate --model models/x.tar.gz FOLDER [--card models/README.md] [--refit] [--errors 30]

A gold line: {"text", "lang", "intent"} with {"also": [...]} where further intents are right, or
{"text", "lang", "entities": {name: [values]}} where entities are measured.
Ends with status 1 when a floor of floors.yml is not kept.
"""

import argparse
import json
import re
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.floors import Table, below_floor, read_floors
from benchmarks.predict import PROCESSES
from benchmarks.scores import COLUMNS, Pair, mistakes, read_lines, score, score_entities
from benchmarks.thresholds import choose, curve, curve_as_markdown, decided_anew, write_limits
from benchmarks.understanding import Understanding, predict_all
from bot.decision import read_limits

ENTITIES = {"order_number", "tracking_number", "phone", "email", "amount", "date", "quantity"}
TODAY = "2026-11-21"  # when the texts with dates were written

Row = dict[str, Any]


def main() -> None:
    """Prints the table, writes it into the model card when asked to, and names each floor that is not kept."""
    args = read_arguments()
    files = {path.name.split(".")[0]: read_lines(path) for path in sorted(args.folder.glob("*.jsonl"))}
    if not files:
        sys.exit(f"{args.folder}: no .jsonl files")
    texts = list(dict.fromkeys(row["text"] for rows in files.values() for row in rows))
    understanding = Understanding(args.model, {"today": args.today})
    began = time.perf_counter()
    found = {row["text"]: row for row in predict_all(understanding, texts, processes=args.processes)}
    rate = len(texts) / (time.perf_counter() - began)
    if args.refit:
        found = refit_limits(files, found, args.card)
    if args.out:
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in found.values())
        args.out.write_text("".join(lines), encoding="utf8")
    intents = {name: _pairs(rows, found) for name, rows in files.items() if "intent" in rows[0]}
    table = intent_table(intents)
    entities = {name: _pairs(rows, found) for name, rows in files.items() if "entities" in rows[0]}
    counts = {name: score_entities(pairs, ENTITIES) for name, pairs in entities.items()}
    text = as_markdown(table, counts)
    print(text)
    print(f"{rate:.0f} texts a second in {args.processes} processes")
    show_mistakes([pair for pairs in intents.values() for pair in pairs], args.errors)
    if args.card:
        write_between(args.card, "scores", text)
    broken = below_floor(table | {name: {"exact": exact} for name, (exact, _) in counts.items()}, read_floors())
    print("\n".join(broken) or "every floor is kept")
    sys.exit(1 if broken else 0)


def read_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="a trained archive")
    parser.add_argument("--out", type=Path, help="also write the predictions here")
    parser.add_argument("--card", type=Path, help="write the table here, between its markers")
    parser.add_argument("--refit", action="store_true", help="first set the limits of bot/decision.yml anew")
    parser.add_argument("--errors", type=int, default=0, help="also print the N surest mistakes")
    parser.add_argument("--today", default=TODAY, help="the day that dates are relative to")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    parser.add_argument("folder", type=Path, help="gold files, *.jsonl")
    return parser.parse_args()


def refit_limits(files: dict[str, list[Row]], found: dict[str, Row], card: Path | None) -> dict[str, Row]:
    """Writes the limits that the risk/coverage curve gives, and the curve; the predictions decided anew."""
    sets = {name: _pairs(rows, found) for name, rows in files.items() if "intent" in rows[0]}
    points = curve(sets, read_floors(), read_limits())
    chosen = choose(points)
    text = curve_as_markdown(points, chosen)
    print(text)
    if card:
        write_between(card, "curve", text)
    write_limits(chosen.act)
    limits = read_limits()
    return {words: decided_anew(row, limits) for words, row in found.items()}


def _pairs(golds: Iterable[Row], found: dict[str, Row]) -> list[Pair]:
    return [(gold, found[gold["text"]]) for gold in golds]


def intent_table(sets: dict[str, list[Pair]]) -> Table:
    """One row per set, then "[zh]" and so on per language, then "[all]"."""
    every = [pair for pairs in sets.values() for pair in pairs]
    groups = dict(sets)
    for language in sorted({gold.get("lang", "?") for gold, _ in every}):
        groups[f"[{language}]"] = [pair for pair in every if pair[0].get("lang", "?") == language]
    groups["[all]"] = every
    return {name: {"n": len(pairs), **score(pairs)} for name, pairs in groups.items()}


def as_markdown(table: Table, counts: dict[str, tuple[float, Any]]) -> str:
    """The table of intents, and a line for each set with entities."""
    lines = ["| set | n | " + " | ".join(COLUMNS) + " |", "|---|---|" + "---|" * len(COLUMNS)]
    for name, row in table.items():
        cells = " | ".join("–" if row[column] != row[column] else f"{row[column]:.3f}" for column in COLUMNS)
        lines.append(f"| {name} | {row['n']} | {cells} |")
    for name, (exact, per_entity) in counts.items():
        details = ", ".join(f"{entity} {r}/{f}/{e}" for entity, (r, f, e) in per_entity.items())
        lines += ["", f"{name}: all entities right in {exact:.3f} of the texts (right/found/expected: {details})"]
    return "\n".join(lines)


def show_mistakes(pairs: list[Pair], most: int) -> None:
    """Prints the surest mistakes."""
    for gold, guess in mistakes(pairs)[:most]:
        print(f"{guess['confidence']:.2f}  {gold['intent']:24} -> {guess['intent']:24} {gold['text'][:90]}")


def write_between(path: Path, marker: str, text: str) -> None:
    """Replaces what stands between `<!-- marker -->` and `<!-- /marker -->`; ValueError without the markers."""
    pattern = re.compile(rf"(<!-- {marker} -->\n).*?(<!-- /{marker} -->)", re.DOTALL)
    before = path.read_text(encoding="utf8")
    if not pattern.search(before):
        raise ValueError(f"{path}: no place marked {marker}")
    path.write_text(pattern.sub(lambda match: f"{match[1]}\n{text}\n\n{match[2]}", before), encoding="utf8")


if __name__ == "__main__":
    main()
