"""Domain, rules, examples, responses and actions agree with each other, in both languages."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

import actions
from actions.base import ServiceAction
from actions.changes.telling import MEANS as PAYMENT_MEANS
from actions.changes.words import KINDS
from actions.complaints.parcel import CLAIM, WAIT, WATCH
from actions.complaints.payment_words import MEANS
from actions.matter import FORM
from actions.questions import QUESTIONS
from actions.returns.submit import TOLD
from actions.session import SUGGESTED
from actions.topic import REQUESTS, STATUS
from actions.topics import TOPICS
from aftersales.domain.cases import CUSTOMERS_KINDS, CaseState
from aftersales.domain.changes import ChangeKind
from aftersales.domain.claims import ComplaintType, PaymentTrouble, Wish
from aftersales.domain.deliveries import DeliveryStage
from aftersales.domain.errors import AftersalesError
from aftersales.domain.parcels import ParcelState
from aftersales.domain.price_drops import Nothing
from aftersales.domain.reasons import Reason
from aftersales.domain.refunds import Refund, RefundState
from aftersales.domain.remedies import Remedy
from aftersales.domain.returns import ReturnState
from aftersales.services.return_views import next_step
from tests.project_data import (
    DATA,
    LANGUAGES,
    ROOT,
    composed_prefixes,
    domain,
    examples,
    flat_steps,
    forms,
    literals,
    python_files,
    read_yaml,
    responses,
    rules,
    variation_language,
)
from tests.records import make_refund, make_return

SLICES = {"orders", "returns", "refunds", "exchanges", "complaints", "faq", "handoff", "session"}
# Not slices of the business, but words that several of them share.
SHARED_RESPONSES = {"channels", "access", "errors", "intents", "mail"}
# A slice of the business in a file of its own beside its topic's.
PARTS = {"order_changes", "price"}
# Not a slice of the business either, but what people ask it for although others do it.
NOT_OURS = {"other_trades"}
OF_RASA = {"action_listen", "action_deactivate_loop", "action_extract_slots", "action_restart"}
# Where words of customers are understood rather than words said to them.
UNDERSTANDING = {
    "actions/consent.py",
    "actions/social.py",
    "actions/orders/price_words.py",
    "actions/orders/words.py",
    "actions/returns/draft.py",
    "actions/returns/filed.py",
    "actions/returns/keeping.py",
    "actions/returns/wish.py",
    "actions/changes/words.py",
    "actions/changes/listen.py",
    "actions/complaints/words.py",
    "actions/complaints/ratings.py",
}
CODE = ("actions", "aftersales", "runtime", "bot", "connectors", "desk")

RESPONSES = {name: variations for _, name, variations in responses()}


# A refund without a return sees no parcel, and only an exchange is paid for or sent.
OF_EXCHANGES = {ReturnState.AWAITING_PAYMENT, ReturnState.REPLACING}
OF_PARCELS = {ReturnState.AWAITING_PARCEL, ReturnState.IN_TRANSIT, ReturnState.RECEIVED}
STATES = {
    Remedy.RETURN: set(ReturnState) - OF_EXCHANGES,
    Remedy.EXCHANGE: set(ReturnState),
    Remedy.REFUND_ONLY: set(ReturnState) - OF_EXCHANGES - OF_PARCELS,
}


def told_next_steps(remedy: Remedy) -> set[str]:
    """The next steps that there are, tried in each state with a refund in each state and with none."""
    situations: list[list[Refund]] = [[], *([make_refund(state=state)] for state in RefundState)]
    links = (None, "https://desk.example/pay") if remedy is Remedy.EXCHANGE else (None,)
    return {
        next_step(make_return(state=state, remedy=remedy, payment_link=link), refunds)
        for state in STATES[remedy]
        for refunds in situations
        for link in links
    }


def error_codes() -> set[str]:
    def below(error: type[AftersalesError]) -> Iterator[type[AftersalesError]]:
        yield error
        for child in error.__subclasses__():
            yield from below(child)

    return {error.code for error in below(AftersalesError)}


def composed_names() -> dict[str, set[str]]:
    """The responses that code names in two parts: first part -> second parts."""
    return {
        "utter_intent_": set(SUGGESTED),
        "utter_session_topic_": set(TOPICS),
        "utter_orders_parcel_": set(DeliveryStage),
        "utter_orders_line_": set(DeliveryStage),
        "utter_complaints_calm_": {"high", "urgent"},
        "utter_complaints_type_": set(ComplaintType),
        "utter_complaints_wish_": {"none", *Wish},
        "utter_complaints_state_": set(CaseState),
        "utter_complaints_status_": {"late", *CaseState},
        "utter_complaints_kind_": set(CUSTOMERS_KINDS),
        "utter_complaints_plan_": {WATCH, CLAIM, WAIT},
        "utter_complaints_parcel_": set(ParcelState),
        "utter_complaints_payment_": set(PaymentTrouble),
        "utter_complaints_means_": set(MEANS),
        "utter_orders_kind_": set(KINDS),
        "utter_orders_problem_": {"too_many", "out_of_stock", "partial"},
        "utter_orders_person_": {
            *(f"sent_{kind}" for kind in ("cancel", "address", "variant", "quantity")),
            *("payment", "delivery", "other", "capability", "country", "by_person", "dearer", "more_units"),
        },
        "utter_orders_confirm_": {"cancel_all", "cancel_part", "address", "quantity", "variant"},
        "utter_orders_button_": {
            *("confirm_cancel", "confirm_address", "confirm_change"),
            *("keep", "other_address", "cancel_part", "cancel_whole"),
        },
        "utter_orders_end_": {"cancelled", "same", "delivered"},
        "utter_orders_status_": {"waiting", "rejected", "failed"},
        "utter_orders_money_": {
            "done",
            "address",
            "same",
            "refunded",
            "refund_underway",
            "refund_approval",
            "refund_rejected",
            "refund_trouble",
        },
        "utter_orders_means_": {*PAYMENT_MEANS, "other"},
        "utter_orders_what_": {"cancel_all", *ChangeKind},
        "utter_returns_status_": told_next_steps(Remedy.RETURN),
        "utter_exchanges_status_": told_next_steps(Remedy.EXCHANGE) | {"sold_out"},
        "utter_refunds_status_": told_next_steps(Remedy.REFUND_ONLY),
        "utter_refunds_part_": {"money", "points", "store_credit", "coupon", "coupon_kept", "by_hand"},
        "utter_returns_payer_": {"customer", "merchant"},
        "utter_returns_next_": {step for _, step in TOLD},
        "utter_returns_remedy_": set(Remedy),
        "utter_price_": set(Nothing),
        "utter_error_": error_codes(),
        "utter_": {"mail_code", "mail_code_subject"},
    }


def all_actions() -> dict[str, list[type[ServiceAction]]]:
    """Every action class by the name it goes by."""
    found: dict[str, list[type[ServiceAction]]] = defaultdict(list)
    for module in pkgutil.walk_packages(actions.__path__, "actions."):
        for _, member in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(member, ServiceAction) and member.__module__ == module.name and member.action_name:
                found[member().name()].append(member)
    return found


ACTIONS = all_actions()


def asked_slots() -> set[str]:
    """What the forms ask for: the required slots, the wait for a shop that cannot be reached among them."""
    return {slot for slots in forms().values() for slot in slots}


def used_responses() -> set[str]:
    in_code = {text for path in python_files(*CODE) for _, text in literals(path)}
    in_rules = {step["action"] for rule in rules() for step in flat_steps(rule) if "action" in step}
    by_name = {name for name in in_code | in_rules if re.fullmatch(r"utter_[a-z_]*[a-z]", name)}
    asked = {f"utter_ask_{slot}" for slot in asked_slots() if slot not in QUESTIONS}
    return by_name | asked | {first + second for first, seconds in composed_names().items() for second in seconds}


def placeholders(variation: dict[str, Any]) -> set[str]:
    texts = [variation["text"], *(button["title"] for button in variation.get("buttons", ()))]
    return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}


def payloads(variation: dict[str, Any]) -> list[str]:
    return [button["payload"] for button in variation.get("buttons", ())]


def repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


# Responses


def test_no_response_name_stands_twice() -> None:
    keys = [
        line for path in sorted((DATA / "responses").glob("*.yml")) for line in path.read_text("utf8").splitlines()
    ]
    names = [line.strip().removesuffix(":") for line in keys if re.match(r"  utter_", line)]
    assert sorted(names) == sorted(RESPONSES)
    assert repeated(names) == []


@pytest.mark.parametrize("name", sorted(RESPONSES))
def test_a_response_has_both_languages_with_the_same_placeholders_and_buttons(name: str) -> None:
    variations = RESPONSES[name]
    assert {variation_language(variation) for variation in variations} == set(LANGUAGES)
    assert len({frozenset(placeholders(variation)) for variation in variations}) == 1
    assert len({tuple(payloads(variation)) for variation in variations}) == 1


def test_a_button_says_an_intent_and_entities_that_the_domain_knows() -> None:
    wrong = []
    for name, variations in RESPONSES.items():
        for payload in {payload for variation in variations for payload in payloads(variation)}:
            found = re.fullmatch(r"/([a-z_]+)(\{.*\})?", payload.format())
            entities = json.loads(found[2] or "{}") if found else {}
            if not found or found[1] not in domain()["intents"] or not set(entities) <= set(domain()["entities"]):
                wrong.append((name, payload))
            kind, _, value = str(entities.get("choice", "")).partition(":")
            if kind == "reason" and value not in set(Reason):
                wrong.append((name, payload))
    assert wrong == []


def test_every_response_that_is_named_exists() -> None:
    assert used_responses() - RESPONSES.keys() == set()


def test_no_response_is_unused() -> None:
    assert RESPONSES.keys() - used_responses() == set()


def test_names_of_responses_are_composed_only_where_this_test_knows_of_it() -> None:
    found = {
        first for path in python_files(*CODE) for first in composed_prefixes(path) if first.startswith("utter_")
    }
    assert found == composed_names().keys()


@pytest.mark.parametrize("code", sorted(error_codes()))
def test_every_error_has_words(code: str) -> None:
    assert f"utter_error_{code}" in RESPONSES


# Intents and examples


@pytest.mark.parametrize("language", LANGUAGES)
def test_domain_and_examples_have_the_same_intents(language: str) -> None:
    assert {intent for intent, _ in examples(language)} == set(domain()["intents"]) - {"nlu_fallback"}


def test_no_intent_or_entity_is_declared_twice() -> None:
    assert repeated(domain()["intents"]) == []
    assert repeated(domain()["entities"]) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_example_stands_under_two_intents(language: str) -> None:
    intents: dict[str, set[str]] = defaultdict(set)
    for intent, example in examples(language):
        intents[re.sub(r"[\W_]+", " ", example.casefold()).strip() or example].add(intent)
    assert {example: found for example, found in intents.items() if len(found) > 1} == {}


# Rules


def test_every_intent_is_answered_outside_a_form() -> None:
    opened = {
        step["intent"]
        for rule in rules()
        if not rule.get("condition")
        for step in rule["steps"][0].get("or", rule["steps"][:1])
        if "intent" in step
    }
    assert set(domain()["intents"]) - opened == set()
    assert opened - set(domain()["intents"]) == set()


def test_rules_name_known_intents_actions_and_forms() -> None:
    actions_known = {*domain()["actions"], *forms(), *RESPONSES, *OF_RASA}
    for rule in rules():
        loops = [
            step["active_loop"] for step in (*rule["steps"], *rule.get("condition", ())) if "active_loop" in step
        ]
        assert {loop for loop in loops if loop} <= forms().keys(), rule["rule"]
        named = list(flat_steps(rule))
        assert {step["action"] for step in named if "action" in step} <= actions_known, rule["rule"]
        assert {step["intent"] for step in named if "intent" in step} <= set(domain()["intents"]), rule["rule"]


def test_no_two_rules_have_the_same_name() -> None:
    assert repeated(rule["rule"] for rule in rules()) == []


# Actions, slots, forms


def test_domain_and_code_have_the_same_actions() -> None:
    assert {name for name, found in ACTIONS.items() if len(found) > 1} == set()
    assert set(domain()["actions"]) == ACTIONS.keys()
    assert repeated(domain()["actions"]) == []


def test_every_custom_action_is_reached() -> None:
    in_rules = {step["action"] for rule in rules() for step in flat_steps(rule) if "action" in step}
    of_forms = {f"validate_{form}" for form in forms()}
    assert ACTIONS.keys() - in_rules - of_forms == set()


@pytest.mark.parametrize("slot", sorted(asked_slots()))
def test_what_a_form_asks_for_has_one_question(slot: str) -> None:
    assert slot in domain()["slots"]
    assert (f"utter_ask_{slot}" in RESPONSES) != (slot in QUESTIONS)


def test_every_question_belongs_to_a_slot_that_a_form_asks_for() -> None:
    assert QUESTIONS.keys() - asked_slots() == set()


def test_the_one_form_is_validated_by_a_class_of_its_own() -> None:
    assert list(forms()) == [FORM]
    assert len(ACTIONS[f"validate_{FORM}"]) == 1


def test_every_question_says_what_kind_of_answer_it_wants() -> None:
    limits = read_yaml(ROOT / "bot" / "decision.yml")
    assert limits["steps"].keys() == asked_slots()
    assert set(limits["steps"].values()) == limits["asked"].keys()


def test_no_intent_opens_two_topics_and_no_slot_belongs_to_two() -> None:
    opening = Counter(intent for topic in TOPICS.values() for intent in topic.entry)
    held = Counter(slot for topic in TOPICS.values() for slot in topic.empty)
    assert [name for name, count in (opening + held).items() if count > 1] == []
    assert {intent for topic in TOPICS.values() for intent in topic.entry} == REQUESTS | STATUS
    assert held.keys() <= domain()["slots"].keys()


def test_slots_are_named_after_a_topic() -> None:
    free = {"language", "language_fixed"}
    topics = SLICES | {"access", "withdraw", "price"}
    assert {slot for slot in set(domain()["slots"]) - free if slot.partition("_")[0] not in topics} == set()


# Files and words


@pytest.mark.parametrize(
    ("folder", "allowed"),
    [
        ("nlu/zh", SLICES | NOT_OURS),
        ("nlu/en", SLICES | NOT_OURS),
        ("rules", SLICES),
        ("responses", SLICES | SHARED_RESPONSES | PARTS),
    ],
)
def test_data_files_are_named_after_topics(folder: str, allowed: set[str]) -> None:
    files = {path.name for path in (DATA / folder).iterdir()}
    assert files - {f"{topic}.yml" for topic in allowed} == set()


def test_both_languages_have_the_same_files_with_the_same_intents() -> None:
    def layout(language: str) -> dict[str, set[str]]:
        folder = DATA / "nlu" / language
        return {path.name: {entry["intent"] for entry in read_yaml(path)["nlu"]} for path in folder.iterdir()}

    assert layout("zh") == layout("en")


def is_a_sentence(text: str) -> bool:
    """Chinese characters, or four English words in a row."""
    return bool(re.search(r"[\u4e00-\u9fff]|[A-Za-z']{2,}( [A-Za-z']+){3}", text))


@pytest.mark.parametrize("path", python_files("actions"), ids=lambda path: str(path.relative_to(DATA.parent)))
def test_actions_hold_no_words_for_people(path: Path) -> None:
    if path.relative_to(DATA.parent).as_posix() in UNDERSTANDING:
        return
    assert [(line, text) for line, text in literals(path) if is_a_sentence(text)] == []
