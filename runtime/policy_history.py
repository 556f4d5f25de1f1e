"""Keeps every returns policy that was in force, so that an order is judged by that of its own day."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from aftersales.domain.journal import Entry
from aftersales.domain.policy_history import Period, PolicyHistory
from aftersales.domain.policy_rules import Policy
from aftersales.ports import OpenUnitOfWork, PolicyVersion, UnitOfWork
from runtime.policy_file import PolicyFileError, read_policy, read_text

_log = structlog.get_logger()


class SameVersionError(Exception):
    """The file has other rules than those that were in force under its version."""

    def __init__(self, version: str) -> None:
        super().__init__(f"version {version} was in force with other rules: give the changed file a new version")
        self.version = version


async def note_policy(open_unit_of_work: OpenUnitOfWork, path: Path, *, zone: ZoneInfo, now: datetime) -> None:
    """As note_rules, of the file as it stands. Raises PolicyFileError, SameVersionError."""
    raw = read_text(path)
    await note_rules(open_unit_of_work, read_policy(raw, path), raw, zone=zone, now=now, channel="start")


async def note_rules(
    open_unit_of_work: OpenUnitOfWork,
    policy: Policy,
    raw: bytes,
    *,
    zone: ZoneInfo,
    now: datetime,
    channel: str,
    begins: datetime | None = None,
    only_if: Callable[[Collection[str]], bool] = lambda _known: True,
) -> None:
    """Notes the policy, which `raw` reads as, as the rules in force from now on.

    From `begins` or from its own `valid_from` where one is later. Harmless when it was the last one noted: of
    several processes one writes. It never reaches back, since orders of before were placed under other rules; only
    the first one ever also holds for all orders before it. `only_if` is asked under the lock, with the versions
    that are known. Raises SameVersionError.
    """
    async with open_unit_of_work() as uow:
        await uow.policies.lock()
        noted = await uow.policies.all()
        for earlier in noted:
            if earlier.version == policy.version and _rules(earlier) not in (None, policy):
                raise SameVersionError(policy.version)
        is_last = bool(noted) and noted[-1].version == policy.version
        if not is_last and only_if({one.version for one in noted}):
            day = policy.valid_from
            wished = datetime.combine(day, time(), tzinfo=zone).astimezone(UTC) if day else now
            valid_from = max(wished, begins or now, now)
            await _add(uow, policy, raw.decode("utf-8-sig"), valid_from=valid_from, now=now, channel=channel)


async def _add(
    uow: UnitOfWork, policy: Policy, text: str, *, valid_from: datetime, now: datetime, channel: str
) -> None:
    await uow.policies.add(PolicyVersion(version=policy.version, text=text, valid_from=valid_from, noted_at=now))
    await uow.journal.add(
        Entry(
            subject="policy",
            subject_id=policy.version,
            actor="system",
            channel=channel,
            trigger="note",
            from_state=None,
            to_state="in_force",
            at=now,
            policy_version=policy.version,
            detail={"valid_from": valid_from.isoformat()},
        )
    )


async def read_history(
    open_unit_of_work: OpenUnitOfWork, *, known: dict[str, Policy | None] | None = None
) -> PolicyHistory:
    """What was noted. A text that this release cannot read any more is left out: the rules before it go on.

    `known` are texts with what they read as, to which those read here are added.
    """
    async with open_unit_of_work(read_only=True) as uow:
        noted = await uow.policies.all()
    periods = await asyncio.to_thread(lambda: list(_periods(noted, {} if known is None else known)))
    return PolicyHistory.of(periods)


def _periods(noted: Sequence[PolicyVersion], known: dict[str, Policy | None]) -> Iterator[Period]:
    for one in noted:
        if one.text not in known:
            known[one.text] = _rules(one)
        policy = known[one.text]
        if policy is None:
            _log.warning("policy_unreadable", version=one.version)
        else:
            yield Period(policy=policy, valid_from=one.valid_from)


def _rules(noted: PolicyVersion) -> Policy | None:
    try:
        return read_policy(noted.text.encode(), Path(f"version {noted.version}"))
    except PolicyFileError:
        return None
