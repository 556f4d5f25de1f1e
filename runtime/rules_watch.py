"""Takes changed rules while a process runs: from the files, into the database, from there into all processes.

Every process does the same. Whoever sees a changed policy first notes it, once; what holds is read from the
database alone. A file with any problem is refused as at the start: the rules that were in force stay so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from aftersales.domain.faq import Faq
from aftersales.domain.policy_history import PolicyHistory
from aftersales.domain.policy_rules import Policy
from aftersales.ports import Clock, OpenUnitOfWork
from aftersales.services.rules import Rules, RulesInForce
from runtime.faq_file import FaqFileError
from runtime.hours_file import load_hours
from runtime.policy_file import PolicyFileError, load_policy, read_policy
from runtime.policy_history import SameVersionError, note_rules, read_history
from runtime.watched_file import WatchedFile

SECONDS = 2.0  # between two looks
POLICY, HOURS = "policy_file", "hours_file"

log = structlog.get_logger("returndesk.rules")


class RulesWatch:
    """`faq_for` fills the shop's answers from a policy; it raises FaqFileError."""

    def __init__(
        self,
        open_unit_of_work: OpenUnitOfWork,
        *,
        policy_file: Path,
        hours_file: Path,
        faq_for: Callable[[Policy], Faq],
        clock: Clock,
        zone: ZoneInfo,
    ) -> None:
        self._open_unit_of_work = open_unit_of_work
        self._policy_file, self._hours_file = WatchedFile(policy_file), WatchedFile(hours_file)
        self._faq_for = faq_for
        self._clock, self._zone = clock, zone
        self._read: dict[str, Policy | None] = {}
        self._filled: tuple[Policy, Faq] | None = None
        self._noted = 0
        self._is_first = True
        self._unfit: Policy | None = None

    async def begin(self) -> Rules:
        """The rules in force; those of the file where none were noted. Raises PolicyFileError, FaqFileError."""
        history = await self._history()
        policy = history.at(self._clock.now()) or load_policy(self._policy_file.path)
        faq = await self._fill(policy)
        hours = load_hours(self._hours_file.path, zone=self._zone)
        self._rules = Rules(RulesInForce(policy=policy, faq=faq, history=history, hours=hours))
        return self._rules

    async def look(self) -> None:
        """Takes what has changed since the last look, after `begin`."""
        await self._take(POLICY, self._policy_file, self._note_policy)
        await self._take(HOURS, self._hours_file, self._use_hours)
        await self._follow()

    async def _take(self, name: str, file: WatchedFile, use: Callable[[bytes], Awaitable[None]]) -> None:
        """Uses a file's new text, or tells why it is refused."""
        try:
            raw = file.look()
            if raw is None:
                return
            try:
                await use(raw)
            except (PolicyFileError, FaqFileError, SameVersionError):
                file.take(raw)
                raise
        except (PolicyFileError, FaqFileError, SameVersionError) as error:
            self._refuse(name, str(error))
            return
        file.take(raw)
        if name in self._rules.troubles:
            self._rules.troubles = {key: words for key, words in self._rules.troubles.items() if key != name}
            log.info("rules_in_order_again", file=name)

    async def _note_policy(self, raw: bytes) -> None:
        """A process that has just begun brings no version back: its file may be older than what is in force."""
        policy = await asyncio.to_thread(read_policy, raw, self._policy_file.path)
        await self._fill(policy)
        is_first, self._is_first = self._is_first, False
        await note_rules(
            self._open_unit_of_work,
            policy,
            raw,
            zone=self._zone,
            now=self._clock.now(),
            channel="file",
            only_if=lambda known: self._policy_file.holds(raw) and not (is_first and policy.version in known),
        )

    async def _use_hours(self, _raw: bytes) -> None:
        hours = await asyncio.to_thread(load_hours, self._hours_file.path, zone=self._zone)
        if hours != self._rules.current.hours:
            self._rules.current = replace(self._rules.current, hours=hours)
            log.info("hours_changed")

    async def _follow(self) -> None:
        """Takes over what was noted, by whichever process, once its time has come."""
        async with self._open_unit_of_work(read_only=True) as uow:
            is_new = await uow.policies.count() != self._noted
        current = self._rules.current
        history = await self._history() if is_new else current.history
        policy = history.at(self._clock.now()) or current.policy
        if policy is self._unfit or (policy is current.policy and history is current.history):
            return
        try:
            faq = await self._fill(policy)
        except FaqFileError as error:
            self._unfit = policy
            self._refuse(POLICY, str(error))
            return
        self._rules.current = replace(self._rules.current, policy=policy, faq=faq, history=history)
        log.info("policy_in_force", version=policy.version)

    async def _history(self) -> PolicyHistory:
        async with self._open_unit_of_work(read_only=True) as uow:
            noted = await uow.policies.count()
        history = await read_history(self._open_unit_of_work, known=self._read)
        self._noted = noted
        return history

    async def _fill(self, policy: Policy) -> Faq:
        """Filling takes a moment: the last answers are kept, and other threads do it."""
        if self._filled is None or self._filled[0] != policy:
            self._filled = (policy, await asyncio.to_thread(self._faq_for, policy))
        return self._filled[1]

    def _refuse(self, name: str, words: str) -> None:
        if self._rules.troubles.get(name) != words:
            self._rules.troubles = {**self._rules.troubles, name: words}
            log.error("rules_refused", file=name, problems=words)


@asynccontextmanager
async def watching(watch: RulesWatch, *, seconds: float = SECONDS) -> AsyncIterator[None]:
    """Looks again and again meanwhile; what fails is tried at the next look."""
    task = asyncio.create_task(_look_on(watch, seconds), name="rules_watch")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _look_on(watch: RulesWatch, seconds: float) -> None:
    known = ""
    while True:
        await asyncio.sleep(seconds)
        try:
            await watch.look()
            known = ""
        except Exception as error:
            failure = type(error).__name__
            if failure != known:
                log.error("rules_not_looked_at", failure=failure)
            known = failure
