"""`python -m tests.faults --refunds 500 --database sqlite`: refunds while everything that can fails.

Customers return one order each by talking to the running service, the goods are received, and a refund service
with every fault pays, while worker, action server and front are killed at random. Afterwards a person asks again
for the refunds that were refused, and the books are compared. The last line says what was found; status 1 unless
it is clean.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

from aftersales.stores.base import make_engine
from tests.faults.audit import Findings, audit
from tests.faults.customers import Customers
from tests.faults.stage import Stage, open_stage

_VICTIMS = ("worker", "worker", "actions", "front")
_TALKING_AT_ONCE = 6
_LONGEST_WAIT = 1200.0  # seconds for the last refund after the last talk: leases are a minute each


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--refunds", type=int, default=500)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="returndesk-faults-") as folder:
        found = run(Path(folder), refunds=given.refunds, database=given.database, seed=given.seed)
    print(found)
    sys.exit(0 if found.is_clean else 1)


def run(folder: Path, *, refunds: int, database: str, seed: int) -> Findings:
    """One whole run in an empty folder."""
    with open_stage(folder, database=database, seed=seed) as stage:
        customers = Customers(stage, count=refunds)
        killing = Killing(stage, seed=seed)
        with ThreadPoolExecutor(_TALKING_AT_ONCE) as pool:
            list(pool.map(customers.send_back, range(refunds)))
        print(
            f"{refunds} returns received after {stage.seconds:.0f} s, {killing.count} processes killed", flush=True
        )
        _wait(customers, until=refunds // 2)
        print(f"{killing.stop()} processes killed in all", flush=True)
        _wait(customers, until=refunds)
        return asyncio.run(_compare(stage, customers))


class Killing:
    """Kills a process of the service again and again, each time once all are back, until it is stopped."""

    def __init__(self, stage: Stage, *, seed: int) -> None:
        self.count = 0
        self._stage = stage
        self._chance = random.Random(seed + 1)
        self._enough = Event()
        self._thread = Thread(target=self._kill, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """How many were killed."""
        self._enough.set()
        self._thread.join()
        return self.count

    def _kill(self) -> None:
        while not self._enough.wait(self._chance.uniform(0.0, 4.0)):
            if not self._stage.service.is_well():
                continue
            with suppress(ProcessLookupError, KeyError, ValueError, OSError):
                os.kill(self._stage.service.pids[self._chance.choice(_VICTIMS)], signal.SIGKILL)
                self.count += 1


def _wait(customers: Customers, *, until: int) -> None:
    """Until so many returns are paid; what was refused is asked for again, as a person would."""
    deadline = time.monotonic() + _LONGEST_WAIT
    while (paid := customers.settle()) < until and time.monotonic() < deadline:
        time.sleep(2)
    print(f"{paid} returns paid", flush=True)


async def _compare(stage: Stage, customers: Customers) -> Findings:
    engine = make_engine(stage.database_url)
    try:
        return await audit(engine, ledger=stage.ledger, orders=customers.owed)
    finally:
        await engine.dispose()


if __name__ == "__main__":
    main()
