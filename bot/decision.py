"""What to do with a message: act on it, ask which of a few was meant, or hand over. Pure but for `read_limits`."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from bot.text import HAN, LATIN_WORD, fold

FILE = Path(__file__).with_name("decision.yml")
LONGEST_ANSWER = 12  # Chinese characters and English words, together; what is longer says more than what was asked

FIRST_GUESS = 0.02  # of an answer that fits, where the classifier did not think of it

Ranking = Sequence[tuple[str, float]]

# What brings an answer to a question of each kind.
_BRINGS: dict[str, frozenset[str]] = {
    "quantity": frozenset({"quantity", "ordinal"}),
    "reason": frozenset({"reason"}),
    "choice": frozenset({"ordinal", "order_number", "date", "phone", "email", "code", "quantity"}),
}
_ALL = re.compile(
    r"\s*(?:全部|所有|都|全都|都要|都退|all(?: of (?:them|it))?|both|everything)\s*(?:退|要)?[。.!！]?\s*"
)
# Verbs of requests: a short message with one of them asks for something, whatever it mentions beside.
_REQUEST = re.compile(
    r"退[款货貨钱錢]|换货|換貨|取消|投诉|投訴|人工|客服|发票|發票|物流|快递|快遞|查|改|多久|什么时候|怎么|怎麼|吗|嗎|呢|[?？]"
    r"|\b(?:refund|cancel|exchange|complain|complaint|agent|human|invoice|track|where|when|how|why|what|can|could|do|does|is)\b"
)  # fmt: skip


@dataclass(frozen=True)
class Talk:
    """What has happened so far: the slot just asked for, and how many questions in a row led nowhere."""

    asked: str | None = None
    misses: int = 0


@dataclass(frozen=True)
class Limits:
    """decision.yml: `act` the least probability by risk, `risk` by intent, `asked` factors by kind of question."""

    act: Mapping[str, float]
    risk: Mapping[str, str]
    untraded: frozenset[str]
    offer: float
    most_offered: int
    patience: int
    asked: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    steps: Mapping[str, str] = field(default_factory=dict)

    def least(self, intent: str) -> float:
        """The probability of being right that acting on the intent needs."""
        return self.act[self.risk.get(intent, "usual")]


@dataclass(frozen=True)
class Decision:
    """`ranking` with what was asked taken into account; `among` the meanings to offer when `kind` is "clarify"."""

    kind: Literal["act", "clarify", "human"]
    ranking: Ranking
    among: tuple[str, ...] = ()


def read_limits(path: Path = FILE) -> Limits:
    """Raises KeyError for a file that lacks something."""
    told: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf8"))
    risk = {intent: name for name in ("free", "cheap", "dear") for intent in told[name]}
    return Limits(
        act=told["act"],
        risk=risk,
        untraded=frozenset(told["untraded"]),
        offer=told["offer"],
        most_offered=told["most_offered"],
        patience=told["patience"],
        asked=told["asked"],
        steps=told["steps"],
    )


def decide(
    text: str, ranking: Ranking, *, in_trade: float, entities: Collection[str], talk: Talk, limits: Limits
) -> Decision:
    """`ranking` is (intent, confidence), likeliest first; `in_trade` the probability of being of our trade.

    `entities` are the names of those found in the text. A message without any meaning is asked about.
    """
    kind = limits.steps.get(talk.asked or "")
    heard = weigh(ranking, limits.asked[kind], fits=answers(text, kind, entities)) if kind else tuple(ranking)
    if not heard:
        return Decision("human" if talk.misses >= limits.patience else "clarify", heard)
    if acts_rightly(heard[0], in_trade, limits) >= limits.least(heard[0][0]):
        return Decision("act", heard)
    if talk.misses >= limits.patience:
        return Decision("human", heard)
    likely = [name for name, confidence in heard if confidence >= limits.offer and name not in limits.untraded]
    return Decision("clarify", heard, tuple(likely[: limits.most_offered]))


def acts_rightly(likeliest: tuple[str, float], in_trade: float, limits: Limits) -> float:
    """The probability that acting on the likeliest is right."""
    intent, confidence = likeliest
    return confidence if intent in limits.untraded else confidence * in_trade


def weigh(ranking: Ranking, factors: Mapping[str, float], *, fits: bool) -> Ranking:
    """The ranking with each intent's odds times its factor; `inform` times that of `fits` for what fits."""
    known = ({"inform": FIRST_GUESS} if fits else {}) | dict(ranking)
    weights = {name: confidence * factors.get(name, 1.0) for name, confidence in known.items()}
    if fits:
        weights["inform"] = known["inform"] * factors["fits"]
    total = sum(weights.values()) or 1.0
    return sorted(((name, weight / total) for name, weight in weights.items()), key=lambda pair: -pair[1])


def answers(text: str, kind: str | None, entities: Collection[str]) -> bool:
    """Whether a short message brings what a question of this kind asks for, and asks for nothing itself."""
    folded = fold(text)
    if _REQUEST.search(folded) or len(HAN.findall(folded)) + len(LATIN_WORD.findall(folded)) > LONGEST_ANSWER:
        return False
    if kind in ("quantity", "choice") and _ALL.fullmatch(folded):
        return True
    return bool(_BRINGS.get(kind or "", frozenset()) & set(entities))
