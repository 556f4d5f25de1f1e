"""What Rasa 3.6.21 finds out about a domain over and over: which action a name means, and whether it is empty.

For each action Rasa makes all its own ones first, and for each message it writes the domain out twice. Neither
changes while a model is served, and an action keeps nothing of a talk.
"""

from rasa.core.actions import action as actions
from rasa.core.actions.action import Action
from rasa.shared.core.domain import Domain
from rasa.utils.endpoints import EndpointConfig

_find_action = actions.action_for_name_or_text
_is_empty = Domain.is_empty


def known_action(name: str, domain: Domain, endpoint: EndpointConfig | None) -> Action:
    """As Rasa's action_for_name_or_text, made once for each domain and endpoint. Raises as that does."""
    known: dict[tuple[str, int], Action] = vars(domain).setdefault("known_actions", {})
    key = name, id(endpoint)
    if key not in known:
        known[key] = _find_action(name, domain, endpoint)
    return known[key]


def is_empty(domain: Domain) -> bool:
    """As Domain.is_empty, found out once."""
    if "known_to_be_empty" not in vars(domain):
        vars(domain)["known_to_be_empty"] = _is_empty(domain)
    empty: bool = vars(domain)["known_to_be_empty"]
    return empty


def install() -> None:
    """Replaces Rasa's own ways. Harmless when done twice."""
    actions.action_for_name_or_text = known_action
    Domain.is_empty = is_empty
