"""How long Rasa checks an action server's answer: its own way against bot/fast_actions.py.

Run in the bot environment: .envs/bot/bin/python -m benchmarks.action_validation
"""

import timeit
from typing import Any

from rasa.core.actions.action import RemoteAction

ANSWER: dict[str, Any] = {
    "events": [
        {"event": "slot", "timestamp": None, "name": "order_number", "value": "A1"},
        {"event": "slot", "timestamp": None, "name": "reason", "value": "damaged"},
        {"event": "slot", "timestamp": None, "name": "requested_slot", "value": None},
        {"event": "active_loop", "timestamp": None, "name": "returns_form"},
    ],
    "responses": [{"response": "utter_returns_quote", "amount": "12.00", "buttons": [], "custom": {}}],
}


def milliseconds(action: RemoteAction, *, calls: int) -> float:
    """Per check, the best of five rounds."""
    rounds = timeit.repeat(lambda: action._validate_action_result(ANSWER), number=calls, repeat=5)
    return min(rounds) / calls * 1000


def main() -> None:
    action = RemoteAction("action_benchmark", None)
    own = milliseconds(action, calls=20)
    from bot import fast_actions

    fast_actions.install()
    ours = milliseconds(action, calls=20)
    print(f"rasa's own check {own:.2f} ms, by plain code {ours:.4f} ms per answer")


if __name__ == "__main__":
    main()
