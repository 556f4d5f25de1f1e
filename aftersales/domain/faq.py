"""Questions of customers and what the shop answers; runtime.faq_file reads them from data/faq."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aftersales.domain.faq_match import Finder, Groups
from aftersales.domain.policy_describe import placeholders as policy_placeholders
from aftersales.domain.policy_rules import Policy
from aftersales.domain.policy_words import filled
from aftersales.domain.shop_facts import ShopFacts
from aftersales.domain.texts import Language, Text

# The intents that ask how something works.
QUESTION_INTENTS = frozenset(
    "ask_return_policy ask_refund_policy ask_return_shipping ask_delivery ask_payment ask_price_protection "
    "ask_invoice ask_warranty ask_product account_problem".split()
)
# From which likeness on an entry answers a question, and from which on nothing else is offered beside it;
# measured on tests/faq/questions.jsonl.
LIKE, SURE = 0.22, 0.35
# By how much the general answer may be less likely and is still given: a special one that is wrong binds the shop.
CAUTION = 0.08
NEIGHBOURS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One question with its answer.

    `intents` are those under which it is looked for. `rules` are ids of the returns policy or of the shop's own
    statements on which the answer rests. `questions` are examples in each language, a clean one first. `buttons`
    are intents to go on with. Empty `languages` means every one; `signed_in` None whether signed in or not.
    """

    id: str
    intents: tuple[str, ...]
    general: bool
    rules: tuple[str, ...]
    questions: Mapping[Language, tuple[str, ...]]
    answer: Text
    buttons: tuple[str, ...]
    languages: frozenset[Language]
    signed_in: bool | None

    def title(self, language: Language) -> str:
        """The question, for a button."""
        return self.questions[language][0]

    def suits(self, *, language: Language, signed_in: bool) -> bool:
        return self.signed_in in (None, signed_in) and (not self.languages or language in self.languages)


@dataclass(frozen=True, slots=True)
class Found:
    """`neighbours` are empty where the entry is surely the one."""

    entry: Entry
    neighbours: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """What an answer rests on: short names of rules that stand in the same version of the same document."""

    names: tuple[Text, ...]
    version: str


class Faq:
    """All entries with the facts that fill them. Ids are unique; every intent has one general entry."""

    def __init__(self, entries: Sequence[Entry], *, shop: ShopFacts, policy: Policy, groups: Groups = ()) -> None:
        self.entries = tuple(entries)
        self.shop = shop
        self._policy = policy
        self._facts = known_facts(shop, policy)
        self._finders = {
            intent: Finder({entry.id: _examples(entry) for entry in entries if intent in entry.intents}, groups)
            for intent in {intent for entry in entries for intent in entry.intents}
        }
        self._by_id = {entry.id: entry for entry in entries}

    def get(self, entry_id: str) -> Entry | None:
        return self._by_id.get(entry_id)

    def general(self, intent: str) -> Entry:
        """The answer for a question of this intent that is like no example."""
        return next(entry for entry in self.entries if entry.general and intent in entry.intents)

    def find(self, question: str, *, intent: str, language: Language, signed_in: bool) -> Found:
        """The entry to answer with, and what else may have been meant where that is not sure."""
        ranked = self.ranked(question, intent=intent, language=language, signed_in=signed_in)
        cautious = sorted(ranked, key=lambda found: -found[1] - CAUTION * found[0].general)
        entry = next((entry for entry, score in cautious if score >= LIKE), self.general(intent))
        if not ranked or ranked[0][1] >= SURE:
            return Found(entry, ())
        return Found(entry, tuple(other for other, _ in ranked if other is not entry)[:NEIGHBOURS])

    def ranked(
        self, question: str, *, intent: str, language: Language, signed_in: bool
    ) -> Sequence[tuple[Entry, float]]:
        """The intent's entries with their likeness to the question, best first; see Finder.rank."""
        suiting = [
            entry.id
            for entry in self.entries
            if intent in entry.intents and entry.suits(language=language, signed_in=signed_in)
        ]
        found = self._finders[intent].rank(question, among=suiting) if suiting else []
        return [(self._by_id[entry], score) for entry, score in found]

    def answer(self, entry: Entry) -> Text:
        """The answer with the figures in force; rules that the shop does not have leave no gap."""
        text = filled(entry.answer, self._facts)
        return Text(" ".join(text.zh.split()), " ".join(text.en.split()))

    def sources(self, entry: Entry) -> tuple[Source, ...]:
        """The rules of the policy first, then the shop's own statements; those of one version together."""
        stated = self.shop.names()
        rules = {rule.id: rule.general() for rule in self._policy.rules()}
        versions: dict[str, list[Text]] = {}
        for rule in sorted(entry.rules, key=lambda rule: rule in stated):
            name = stated.get(rule) or self.shop.rule_names.get(rule) or rules[rule]
            versions.setdefault(self.shop.version if rule in stated else self._policy.version, []).append(name)
        return tuple(Source(tuple(names), version) for version, names in versions.items())


def known_facts(shop: ShopFacts, policy: Policy) -> dict[str, Text]:
    """Everything that an answer can fill in."""
    return {**policy_placeholders(policy), **shop.placeholders()}


def _examples(entry: Entry) -> tuple[str, ...]:
    return tuple(question for questions in entry.questions.values() for question in questions)
