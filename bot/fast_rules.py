"""Rasa's RulePolicy without what makes it slow in 3.6.21: the same predictions, found with less searching.

For each prediction Rasa compares the talk with every rule, twice after a message: once as if rules named literal
words of customers, once by intent. Here a rule is looked at only if its latest step fits what was just done and
understood, and the first round is left out where no rule names words. Measured by `make bench`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy
from rasa.shared.core.constants import PREVIOUS_ACTION, SHOULD_NOT_BE_SET, USER
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ACTION_NAME, INTENT, TEXT

# The action and the intent of a rule's latest step; None where it names none.
Step = tuple[str | None, str | None]
# The action that follows, by rule.
Lookup = dict[str, str]

_find_by_rules = RulePolicy._find_action_from_rules


def _step(state: Mapping[str, Any]) -> Step:
    named = state.get(PREVIOUS_ACTION, {}).get(ACTION_NAME), state.get(USER, {}).get(INTENT)
    action, intent = (None if name == SHOULD_NOT_BE_SET else name for name in named)
    return action, intent


def possible_keys(policy: RulePolicy, lookup: Lookup, states: list[State]) -> set[str]:
    """As Rasa's method: the rules of `lookup` that fit the talk."""
    action, intent = _step(states[-1]) if states else (None, None)
    if action is None:
        return {key for key in lookup if _fits(policy, key, states)}
    by_step = _rules_by_step(policy, lookup)
    steps = {(action, intent), (action, None), (None, intent), (None, None)}
    return {key for step in steps for key in by_step.get(step, ()) if _fits(policy, key, states)}


def _fits(policy: RulePolicy, key: str, states: list[State]) -> bool:
    return all(policy._is_rule_applicable(key, turn, state) for turn, state in enumerate(reversed(states)))


def _rules_by_step(policy: RulePolicy, lookup: Lookup) -> Mapping[Step, Iterable[str]]:
    """Found once for each of the policy's few lookups."""
    known: list[tuple[Lookup, Mapping[Step, Iterable[str]]]] = vars(policy).setdefault("rules_by_step", [])
    for of, found in known:
        if of is lookup:
            return found
    by_step: dict[Step, list[str]] = defaultdict(list)
    for key in lookup:
        by_step[_step(policy._rule_key_to_state(key)[-1])].append(key)
    known.append((lookup, by_step))
    return by_step


def find_by_rules(
    policy: RulePolicy, tracker: DialogueStateTracker, domain: Domain, use_text_for_last_user_input: bool
) -> tuple[str | None, str | None, bool]:
    """As Rasa's method: the action, the rule behind it, and whether a form was left and is taken up again."""
    if use_text_for_last_user_input and not _names_words(policy):
        return None, None, False
    found: tuple[str | None, str | None, bool] = _find_by_rules(
        policy, tracker, domain, use_text_for_last_user_input
    )
    return found


def _names_words(policy: RulePolicy) -> bool:
    if "names_words" not in vars(policy):
        rules = [key for name in (RULES, RULES_FOR_LOOP_UNHAPPY_PATH) for key in policy.lookup[name]]
        policy.names_words = any(
            TEXT in state.get(USER, {}) for key in rules for state in policy._rule_key_to_state(key)
        )
    return bool(policy.names_words)


def install() -> None:
    """Replaces Rasa's own ways. Harmless when done twice."""
    RulePolicy._get_possible_keys = possible_keys
    RulePolicy._find_action_from_rules = find_by_rules
