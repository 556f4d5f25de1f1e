"""Runs in the bot's environment: holds the quicker ways of bot/fast_*.py against Rasa's own.

Takes a trained archive; prints one JSON object of how many comparisons were made and how many differ.
"""

import json
import random
import sys
import tarfile
from pathlib import Path
from typing import Any

from rasa.core.actions.forms import FormAction
from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot import fast_rules, fast_trackers

TALKS = 400
FORM = "matter_form"


def main(archive: Path) -> dict[str, Any]:
    rng = random.Random(20261122)
    lookups = read_lookups(archive)
    return {**search(lookups, rng), **copies(rng)}


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


def copies(rng: random.Random) -> dict[str, int]:
    """Talks of random events: a copy is what replaying leads to, and goes its own way afterwards."""
    slots = ("order", "reason", "requested_slot")
    domain = Domain.from_dict(
        {
            "intents": ["greet"],
            "slots": {name: {"type": "any", "mappings": [{"type": "custom"}]} for name in slots},
            "forms": {FORM: {"required_slots": ["order"]}},
        }
    )
    form = FormAction(FORM, None)
    different = 0
    for _ in range(TALKS):
        tracker = DialogueStateTracker.from_events("s", events(rng, slots), slots=domain.slots)
        copied, replayed = fast_trackers.duplicate(tracker), tracker.travel_back_in_time(float("inf"))
        more = [SlotSet("order", {"n": 1}), ActiveLoop(None)]
        in_form = [
            make(form, tracker, list(more), domain)
            for make in (fast_trackers.as_in_form, FormAction._temporary_tracker)
        ]
        before = state(tracker)
        copied.update(SlotSet("reason", "later"))
        apart = state(tracker) == before
        replayed.update(SlotSet("reason", "later"))
        different += not (apart and state(copied) == state(replayed) and state(in_form[0]) == state(in_form[1]))
    return {"talks": TALKS, "different_copies": different}


def events(rng: random.Random, slots: tuple[str, ...]) -> list[Event]:
    kinds = (
        lambda: UserUttered("hi", {"name": "greet"}),
        lambda: BotUttered("hello"),
        lambda: SlotSet(rng.choice(slots), rng.choice([None, "a", ["b"]])),
        lambda: ActionExecuted(rng.choice(["action_listen", FORM, "utter_greet"])),
        lambda: ActiveLoop(rng.choice([FORM, None])),
    )
    return [rng.choice(kinds)() for _ in range(rng.randint(0, 25))]


def state(tracker: DialogueStateTracker) -> dict[str, Any]:
    told: dict[str, Any] = tracker.current_state()
    told.pop("latest_event_time")
    return {**told, "events": [type(event).__name__ for event in tracker.events], "loop": str(tracker.active_loop)}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
