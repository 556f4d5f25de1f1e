"""How Chinese sounds: who types by sound picks the wrong character of the right sound (腿货 for 退货).

Needs PyYAML.
"""

import re
from functools import cache
from pathlib import Path

import yaml

FILE = Path(__file__).resolve().parent.parent / "data" / "lexicon" / "pinyin.yml"
LONGEST = 3  # syllables

_CHINESE = re.compile(r"[\u4e00-\u9fff]+")


def sound_terms(text: str) -> list[str]:
    """Runs of one to three syllables without tones, "^" and "$" at the ends of Chinese, repeats included."""
    sounds = _sounds()
    found = []
    for run in _CHINESE.findall(text):
        line = ["^", *(sounds.get(character, character) for character in run), "$"]
        found += ["-".join(line[at : at + n]) for n in range(1, LONGEST + 1) for at in range(len(line) - n + 1)]
    return found


@cache
def _sounds() -> dict[str, str]:
    syllables = yaml.safe_load(FILE.read_text(encoding="utf8"))
    return {character: syllable for syllable, characters in syllables.items() for character in characters}
