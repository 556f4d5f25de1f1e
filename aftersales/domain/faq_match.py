"""Finding the examples that a customer's question is most like: by characters, words, and how rare they are."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

_HAN = re.compile(r"[\u3400-\u9fff]+")
_WORD = re.compile(r"[a-z0-9]+")
# The traditional characters that these questions are made of, and the simplified ones beside them.
_SIMPLER = str.maketrans(
    "貨運費單訂郵幾時間開發換還錢錯嗎麼們這個東無條對應賣買優點數據號碼帳賬驗證會員資訊電話機誰選擇從來沒給過長質壞內褲襪禮節餘額"
    "銀飛價補償稅務書紙專統體維護壽險檢測廠辦營業週雙區縣鄉國際關島門離遠達櫃領讓說誤實試標籤脫線圖與後為該請問種類處報銷項認連網頁載鏈結錄",
    "货运费单订邮几时间开发换还钱错吗么们这个东无条对应卖买优点数据号码帐账验证会员资讯电话机谁选择从来没给过长质坏内裤袜礼节余额"
    "银飞价补偿税务书纸专统体维护寿险检测厂办营业周双区县乡国际关岛门离远达柜领让说误实试标签脱线图与后为该请问种类处报销项认连网页载链结录",
)
# Words that stand in nearly every question and tell nothing about which one it is.
_EMPTY = frozenset(
    "a an the is are am was be do does did i you we it my your me to of for in on at and or if can could will "
    "would that this there s t re ll ve m please hi hello hey just so".split()
)


Groups = Sequence[Sequence[str]]


def features(text: str, groups: Groups = ()) -> Counter[str]:
    """What a question is made of: pairs of Chinese characters and each alone, English stems, pairs and pieces.

    And of `groups`, words that mean the same, those of which one stands in it.
    """
    plain = _plain(text)
    found: Counter[str] = Counter()
    for run in _HAN.findall(plain):
        found.update(run)
        found.update(run[i : i + 2] for i in range(len(run) - 1))
    words = [_stem(word) for word in _WORD.findall(plain.replace("'", "")) if word not in _EMPTY]
    found.update(words)
    found.update(f"{first} {second}" for first, second in pairwise(words))
    found.update(f"~{word[i : i + 4]}" for word in words for i in range(len(word) - 3))
    found.update(f"={group[0]}" for group in groups if any(_stands_in(plain, word) for word in group))
    return found


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower().translate(_SIMPLER)


def _stands_in(plain: str, word: str) -> bool:
    """A Chinese word anywhere, an English one as a whole."""
    return word in plain and bool(_HAN.search(word) or re.search(rf"\b{re.escape(word)}\b", plain))


def _stem(word: str) -> str:
    """returns, returned, returning, returnable are one; shoe and shoes too."""
    if word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    for ending in ("able", "ing", "ion", "ed", "ie"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word[-1] in "ey" else word


_Vector = Mapping[str, float]
# How much the whole of a key's examples counts beside the single one that is nearest.
_TOGETHER = 0.7
_SAME = 0.999


@dataclass(frozen=True, slots=True)
class _Examples:
    """`each` as vectors of length one; `together` how often each feature stands in them, dampened."""

    each: tuple[_Vector, ...]
    together: _Vector


class Finder:
    """Ranks keys by how much a question is like their examples. Made once, then only read."""

    def __init__(self, examples: Mapping[str, Sequence[str]], groups: Groups = ()) -> None:
        """`groups` are words in small letters that mean the same."""
        self._groups = groups
        counted = {key: [features(text, groups) for text in texts] for key, texts in examples.items()}
        holding = Counter(name for texts in counted.values() for name in set().union(*texts))
        self._rarity = {name: math.log(1 + len(counted) / count) for name, count in holding.items()}
        self._unseen = math.log(1 + len(counted))
        self._examples = {key: self._learn(texts) for key, texts in counted.items()}

    def rank(self, question: str, *, among: Collection[str]) -> list[tuple[str, float]]:
        """(key, likeness: 2 for an example itself, mostly below 1), best first; none that share nothing."""
        asked = self._vector(features(question, self._groups))
        scored = [(key, _likeness(asked, self._examples[key])) for key in among]
        return sorted(((key, score) for key, score in scored if score > 0), key=lambda found: -found[1])

    def _learn(self, texts: Sequence[Counter[str]]) -> _Examples:
        counts = Counter(name for text in texts for name in text)
        return _Examples(
            each=tuple(self._vector(text) for text in texts),
            together={name: 1 + math.log(count) for name, count in counts.items()},
        )

    def _vector(self, names: Collection[str]) -> _Vector:
        weights = {name: self._weight(name) for name in names}
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return {name: weight / length for name, weight in weights.items()}

    def _weight(self, name: str) -> float:
        """How much a feature tells: rare ones more, pieces of words less."""
        return (0.5 if name.startswith("~") else 1.0) * self._rarity.get(name, self._unseen)


def _likeness(asked: _Vector, examples: _Examples) -> float:
    nearest = max(sum(w * example.get(name, 0.0) for name, w in asked.items()) for example in examples.each)
    if nearest > _SAME:
        return 2.0
    shared = sum(w * w * examples.together.get(name, 0.0) for name, w in asked.items())
    return (1 - _TOGETHER) * nearest + _TOGETHER * shared
