"""Runs in the bot's environment: holds the quicker ways of bot/fast_*.py against Rasa's own.

Takes a trained archive; prints one JSON object of how many comparisons were made and how many differ.
"""

import json
import random
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rasa.core.actions.forms import FormAction
from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    AllSlotsReset,
    BotUttered,
    Event,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot import fast_rules, fast_trackers

TALKS = 400
FORM = "matter_form"
NAMES = ("order", "reason", "requested_slot")


def main(archive: Path) -> dict[str, Any]:
    rng = random.Random(20261122)
    lookups = read_lookups(archive)
    return {**search(lookups, rng), **copies()}


def read_lookups(archive: Path) -> dict[str, Any]:
    with tarfile.open(archive) as packed:
        name = next(name for name in packed.getnames() if name.endswith("rule_policy.json"))
        held = packed.extractfile(name)
        assert held is not None
        lookups: dict[str, Any] = json.load(held)["lookup"]
        return lookups


def search(lookups: dict[str, Any], rng: random.Random) -> dict[str, int]:
    """Every rule's own talk, cut short, lengthened and with a step of another rule: the same rules are found."""
    policy: Any = object.__new__(RulePolicy)
    policy.lookup = lookups
    counts = {"rules": 0, "searches": 0, "fits": 0, "different_rules": 0}
    for kind in (RULES, RULES_FOR_LOOP_UNHAPPY_PATH):
        lookup = lookups[kind]
        counts["rules"] += len(lookup)
        steps = [policy._rule_key_to_state(key) for key in lookup]
        for states in steps:
            other = rng.choice(steps)
            for talk in (states, states[1:], [*other, *states], [*states[:-1], other[-1]], [*states, {}], []):
                ours, theirs = (
                    find(policy, lookup, talk)
                    for find in (fast_rules.possible_keys, RulePolicy._get_possible_keys)
                )
                counts["searches"] += 1
                counts["fits"] += bool(theirs)
                counts["different_rules"] += ours != theirs
    return counts


def copies() -> dict[str, int]:
    """Talks of random events: changed, copied and looked back at, they stand as Rasa's own ways leave them."""
    theirs = list(stands())
    fast_trackers.install()
    ours = list(stands())
    different = sum(one != other for one, other in zip(ours, theirs, strict=True))
    return {
        "talks": len(ours),
        "different_copies": different,
        "mixed_up": sum(stand["mixed up"] for stand in ours),
    }


def stands() -> Iterator[dict[str, Any]]:
    """Of each talk where it stands, where its copies stand after more has happened to them, and its past."""
    rng = random.Random(20261122)
    slots: dict[str, Any] = {name: {"type": "any", "mappings": [{"type": "custom"}]} for name in NAMES}
    slots["verified"] = {"type": "bool", "initial_value": False, "mappings": [{"type": "custom"}]}
    domain = Domain.from_dict(
        {"intents": ["greet"], "slots": slots, "forms": {FORM: {"required_slots": ["order"]}}}
    )
    form = FormAction(FORM, None)
    for _ in range(TALKS):
        tracker = DialogueStateTracker.from_events("s", events(rng), slots=domain.slots)
        before = state(tracker)
        copied = tracker.copy()
        copied.update(SlotSet("reason", "later"))
        in_form = form._temporary_tracker(tracker, [SlotSet("order", {"n": 1}), ActiveLoop(None)], domain)
        emptied = tracker.copy()
        emptied.update(AllSlotsReset())
        yield {
            "talk": before,
            "copies": [state(one) for one in (copied, in_form, emptied, tracker.init_copy())],
            "past": tracker.past_states(domain),
            "mixed up": state(tracker) != before,
        }


def events(rng: random.Random) -> list[Event]:
    kinds = (
        lambda: UserUttered("hi", {"name": "greet"}),
        lambda: BotUttered("hello"),
        lambda: SlotSet(rng.choice(NAMES), rng.choice([None, "a", ["b"]])),
        lambda: SlotSet("verified", rng.choice([None, True, False])),
        lambda: ActionExecuted(rng.choice(["action_listen", FORM, "utter_greet"])),
        lambda: ActiveLoop(rng.choice([FORM, None])),
        AllSlotsReset,
    )
    return [rng.choice(kinds)() for _ in range(rng.randint(0, 25))]


def state(tracker: DialogueStateTracker) -> dict[str, Any]:
    told: dict[str, Any] = tracker.current_state()
    told.pop("latest_event_time")
    return {**told, "events": [type(event).__name__ for event in tracker.events], "loop": str(tracker.active_loop)}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
