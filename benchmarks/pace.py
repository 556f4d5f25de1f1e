"""Time per message, one at a time through the whole pipeline. Runs in the bot environment.

python -m benchmarks.pace --model models/x.tar.gz TEXTS.jsonl [TEXTS.jsonl ...]
"""

import argparse
import resource
import time
from pathlib import Path

from benchmarks.scores import read_lines
from benchmarks.understanding import Understanding


def main() -> None:
    """Prints the median and the 95th percentile in ms, and the memory at its highest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="a trained archive")
    parser.add_argument("texts", nargs="+", type=Path, help='lines with a "text"')
    args = parser.parse_args()
    understanding = Understanding(args.model)
    for path in args.texts:
        texts = [row["text"] for row in read_lines(path)]
        understanding.predict(texts[:1])
        times = sorted(_seconds(understanding, text) for text in texts)
        p50, p95 = (1000 * times[int(share * (len(times) - 1))] for share in (0.5, 0.95))
        print(f"{path.name}: ms per message: p50 {p50:.1f}, p95 {p95:.1f}, over {len(times)}")
    print(f"memory at its highest: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def _seconds(understanding: Understanding, text: str) -> float:
    began = time.perf_counter()
    understanding.predict([text])
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
