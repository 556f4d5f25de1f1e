"""Answering in the background: one task per conversation in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from aftersales.domain.errors import AftersalesError
from runtime.logs import without_words

Answer = Callable[[str], Awaitable[object]]


class Answers:
    """Runs `answer(conversation_id)` after each customer message, never twice at a time for one conversation.

    A failure is only logged: the message is stored, and the worker finds what was left unanswered.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._log = structlog.get_logger("returndesk.answers")

    def start(self, conversation_id: str) -> None:
        """Answers what is pending; a message that arrives meanwhile is answered in the same task."""
        if conversation_id in self._tasks:
            self._again.add(conversation_id)
            return
        task = asyncio.create_task(self._run(conversation_id), name=f"answer-{conversation_id}")
        self._tasks[conversation_id] = task

    async def drain(self, *, seconds: float) -> None:
        """Waits for the running tasks, then ends them; the worker takes over what is left."""
        tasks = list(self._tasks.values())
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _run(self, conversation_id: str) -> None:
        try:
            while True:
                self._again.discard(conversation_id)
                await self._once(conversation_id)
                if conversation_id not in self._again:
                    return
        finally:
            self._again.discard(conversation_id)
            del self._tasks[conversation_id]

    async def _once(self, conversation_id: str) -> None:
        try:
            await self._answer(conversation_id)
        except AftersalesError as error:
            self._log.warning("answer_failed", conversation=conversation_id, code=error.code)
        except Exception as error:
            self._log.error("answer_failed", conversation=conversation_id, failure=without_words(error))
