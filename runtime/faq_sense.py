"""What only shows when questions, answers, facts and rules are seen together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

from aftersales.domain.faq import QUESTION_INTENTS, known_facts
from aftersales.domain.policy_rules import Policy
from aftersales.domain.texts import LANGUAGES
from runtime.faq_choice import known_elsewhere, suiting
from runtime.faq_entries import Placed
from runtime.faq_shop import PlacedShop
from runtime.policy_reader import Problem, Reader, placeholders

_HAN_DIGITS = "一二两三四五六七八九十百千万半"
_UNITS = r"个?工作日|天|日|小时|分钟|个?月|周|星期|年|元|块|折|美元"
_ENGLISH_NUMBER = (
    "one|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen|fifteen|twenty|thirty|sixty|ninety|half"
)
_ENGLISH_UNITS = r"(?:working |business |calendar )?(?:days?|hours?|minutes?|weeks?|months?|years?)|per ?cent"
# A period, a share or an amount that is written out instead of being taken from a rule.
_FIGURE = re.compile(
    rf"\d|[%％¥￥$€£]|(?<!最后)(?<![第每同当任{_HAN_DIGITS}])[{_HAN_DIGITS}]+({_UNITS})"
    rf"|\b({_ENGLISH_NUMBER})[ -]({_ENGLISH_UNITS})\b",
    re.IGNORECASE,
)


def check_shop(shop: PlacedShop, policy: Policy, reader: Reader) -> None:
    """Names are given only to rules that there are, and the shop's own ids are no rule's."""
    rules = {rule.id for rule in policy.rules()}
    for rule, node in shop.rule_names.items():
        if rule not in rules and rule not in known_elsewhere().rules:
            reader.note(node, f"rule_names: the returns policy has no rule '{rule}'")
    for statement in sorted(shop.facts.names().keys() & rules):
        reader.problems.append(Problem(1, f"{statement}: a rule of the returns policy has this id"))


def check_entries(
    entries: Sequence[Placed], *, shop: PlacedShop, policy: Policy, responses: Collection[str]
) -> None:
    """Notes the problems of each entry in its file, whether this policy can answer it or not."""
    rules = {rule.id for rule in policy.rules()} | shop.facts.names().keys()
    facts = known_facts(shop.facts, policy).keys()
    absent = {rule for placed in entries for rule in (*placed.entry.rules, *placed.without)} - rules
    unknown = absent - known_elsewhere().rules if absent else absent
    given = suiting(entries, rules=rules | unknown)
    for placed in entries:
        for rule in sorted(unknown):
            if rule in placed.entry.rules or rule in placed.without:
                placed.note("rule", f"there is no rule or statement '{rule}'")
        for button in placed.entry.buttons:
            if f"utter_intent_{button}" not in responses:
                placed.note("buttons", f"there is no button '{button}'")
        _check_answer(placed, facts if placed in given else {*facts, *known_elsewhere().facts})
    _check_ids(entries)
    _check_questions(given)
    _check_general(given)


def _check_answer(placed: Placed, facts: Collection[str]) -> None:
    for language in LANGUAGES:
        answer = placed.entry.answer.of(language)
        for name in sorted(placeholders(answer) - set(facts)):
            placed.note("answer", f"nothing is known as {{{name}}}")
        if figure := _FIGURE.search(re.sub(r"\{\w+\}", " ", answer)):
            placed.note("answer", f"'{figure.group()}' is a figure: take it from a rule by its name in braces")


def _check_ids(entries: Sequence[Placed]) -> None:
    counts = Counter(placed.entry.id for placed in entries)
    for placed in entries:
        if counts[placed.entry.id] > 1:
            placed.note("entry", "the id stands twice")


def _check_questions(entries: Sequence[Placed]) -> None:
    """A question leads to one entry; only entries with conditions may share theirs."""
    asked: dict[tuple[str, str], str] = {}
    for placed in entries:
        entry = placed.entry
        if entry.languages or entry.signed_in is not None:
            continue
        for intent in entry.intents:
            for question in (question for questions in entry.questions.values() for question in questions):
                if asked.setdefault((intent, question.casefold()), entry.id) != entry.id:
                    placed.note("questions", f"'{question}' is asked by another entry")


def _check_general(entries: Sequence[Placed]) -> None:
    """Each intent that asks a question has one general answer."""
    for intent in sorted(QUESTION_INTENTS):
        general = [placed for placed in entries if placed.entry.general and intent in placed.entry.intents]
        for placed in general[1:]:
            placed.note("general", f"{intent} has a general entry already")
        if not general and entries:
            entries[0].reader.problems.append(Problem(1, f"no entry is general for {intent}"))
