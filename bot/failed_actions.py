"""An action that could not be run ends the turn.

Rasa logs such an exception and goes on: the customer would get half an answer or none, and the turn would be
saved as if all were well. Rasa catches `Exception` in several places on the way (prediction loop, forms, slot
validation), so TurnFailed is a BaseException, like asyncio.CancelledError and for the same reason: nobody on the
way may keep it.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.actions.action import ActionExecutionRejection, RemoteAction

Run = Callable[..., Awaitable[list[Any]]]


class TurnFailed(BaseException):
    """The action server could not be reached, or did not answer as agreed; nothing of the turn may be saved."""

    def __init__(self, action: str, cause: str) -> None:
        super().__init__(f"{action}: {cause}")
        self.action = action
        self.cause = cause


def failing_loudly(run: Run) -> Run:
    """Wraps RemoteAction.run; a rejection (status 400: let another policy predict) stays what it is."""

    async def run_or_fail(self: RemoteAction, *args: Any, **kwargs: Any) -> list[Any]:
        try:
            return await run(self, *args, **kwargs)
        except ActionExecutionRejection:
            raise
        except Exception as error:
            raise TurnFailed(self.name(), type(error).__name__) from error

    return run_or_fail


def install() -> None:
    """Replaces RemoteAction.run. Harmless when done twice."""
    if RemoteAction.run.__name__ != "run_or_fail":
        RemoteAction.run = failing_loudly(RemoteAction.run)
