"""Classifiers that learn from our examples, measured on a folder of gold files.

    python -m benchmarks.classifiers FOLDER [--only NAME ...] [--card models/README.md]
    python -m benchmarks.classifiers --held-out [--only NAME ...]

Needs the bot environment, and for those with subwords floret (tried: 0.10.5) beside it. One core, an hour.
Prints each row as it is measured; `--card` writes those of this run between the marks of the model card.
With `--held-out` they learn without a third of the examples of our trade, and are asked for those instead.
"""

import argparse
import sys
from pathlib import Path

from bot import without_tensorflow

without_tensorflow.install()  # before spaCy, which would load it

from benchmarks.classifiers.contenders import CONTENDERS  # noqa: E402
from benchmarks.classifiers.examples import read_examples, split  # noqa: E402
from benchmarks.classifiers.measure import WRITTEN, Row, measure, measure_held_out  # noqa: E402
from benchmarks.classifiers.report import MEASURED, heading, line  # noqa: E402
from benchmarks.evaluate import write_between  # noqa: E402
from benchmarks.scores import read_lines  # noqa: E402


def main() -> None:
    """Status 1 and one line for a folder without the written sets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=list(CONTENDERS), help="which to measure")
    parser.add_argument("--card", type=Path, help="write the table here, between its markers")
    parser.add_argument("--held-out", action="store_true", help="ask for examples that were not learnt")
    parser.add_argument("folder", type=Path, nargs="?", help="gold files, *.jsonl")
    args = parser.parse_args()
    if args.held_out == (args.folder is not None) or (args.held_out and args.card):
        parser.error("give a folder, or --held-out")
    if args.held_out:
        ask_held_out(args.only)
        return
    lines = fill_table(args.only, read_sets(args.folder))
    if args.card:
        write_between(args.card, "classifiers", "\n".join(lines))


def read_sets(folder: Path) -> dict[str, list[Row]]:
    """The gold files that the table shows."""
    files = {path.name.split(".")[0]: path for path in sorted(folder.glob("*.jsonl"))}
    sets = {name: read_lines(path) for name, path in files.items() if name in MEASURED}
    if not sets.keys() >= set(WRITTEN):
        sys.exit(f"{folder}: the limit of acting is set on {' and '.join(WRITTEN)}")
    return sets


def fill_table(names: list[str], sets: dict[str, list[Row]]) -> list[str]:
    """The lines of the table, each printed as soon as it is there."""
    examples = read_examples()
    lines = heading(len(examples))
    print("\n".join(lines))
    for name in names:
        lines.append(line(name, measure(CONTENDERS[name], examples, sets)))
        print(lines[-1], flush=True)
    return lines


def ask_held_out(names: list[str]) -> None:
    """Prints what each gets right, by language."""
    kept, held = split(read_examples())
    for name in names:
        found = measure_held_out(CONTENDERS[name], kept, held)
        print(name, *(f"{language} {share:.3f}" for language, share in found.items()), flush=True)


if __name__ == "__main__":
    main()
