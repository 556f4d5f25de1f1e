"""What a trained archive understands, of one message or of a file. Runs in the bot environment.

    python -m benchmarks.predict --model models/x.tar.gz "我要退货"
    python -m benchmarks.predict --model models/x.tar.gz --in texts.jsonl --out predictions.jsonl

A line in: {"text"}. A line out: {"text", "intent", "confidence", "decision", "ranking", "entities", "in_trade",
"language"};
decision is "act", "clarify" or "human", an entity {"entity", "value", "start", "end"} with its normalised value.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.understanding import Understanding, predict_all

PROCESSES = 2

Row = dict[str, Any]


def main() -> None:
    """Status 1 and one line when a file is not what it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="a trained archive")
    parser.add_argument("--in", dest="source", type=Path, help="texts to read, one object a line")
    parser.add_argument("--out", type=Path, help="where the predictions go")
    parser.add_argument("--today", help="the day that dates are relative to (YYYY-MM-DD); default: today")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    parser.add_argument("text", nargs="?", help="one message instead of a file")
    args = parser.parse_args()
    if (args.text is None) == (args.source is None) or (args.source is None) != (args.out is None):
        parser.error("give one message, or --in and --out")
    texts = [args.text] if args.text is not None else read_texts(args.source)
    understanding = Understanding(args.model, {"today": args.today} if args.today else None)
    if args.text is not None:
        show(understanding.predict(texts)[0])
        return
    began = time.perf_counter()
    with args.out.open("w", encoding="utf8") as out:
        for row in predict_all(understanding, texts, processes=args.processes):
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    seconds = time.perf_counter() - began
    print(
        f"{len(texts)} texts in {seconds:.1f} s, {len(texts) / max(seconds, 1e-9):.0f} a second", file=sys.stderr
    )


def read_texts(path: Path) -> list[str]:
    """The texts of a file; ends the process with a line that says which line is wrong."""
    texts = []
    try:
        lines = path.read_text(encoding="utf8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        sys.exit(f"{path}: {error}")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            text = json.loads(line)["text"]
        except (ValueError, KeyError, TypeError):
            text = None
        if not isinstance(text, str):
            sys.exit(f'{path}, line {number}: not an object with a "text"')
        texts.append(text)
    return texts


def show(row: Row) -> None:
    """Prints one prediction for people to read."""
    print(f"intent    {row['intent']}  {row['confidence']:.2f}  -> {row['decision']}")
    for entry in row["ranking"][:5]:
        print(f"          {entry['intent']:26}{entry['confidence']:.2f}")
    for one in row["entities"]:
        print(f"entity    {one['entity']:16}{one['value']!s:24}{row['text'][one['start'] : one['end']]}")
    print(f"language  {row['language']}")


if __name__ == "__main__":
    main()
