"""Scripted dialogues: what a YAML file under tests/conversations/<phenomenon>/ may hold.

    - title: A pair of shoes that does not fit goes back
      language: zh                      # of the customer
      customer: known                   # signed in; or `guest`, who has to prove who he is
      orders:                           # newest last; each of goods of the demo catalogue
        - {tail: "11", delivered: 2, goods: [running-shoes-coral-40, cotton-tee-blue-m x2]}
      dialogue:
        - say: 我想退那双跑鞋，尺码不合适
          hear: ["399.00", 确认]        # patterns that must be in what comes back (words and titles of buttons)
          not: [订单号]                  # patterns that must not be
        - tap: 确认
      then:                             # all rows of this customer or conversation in each table, oldest first
        returns: [{state: awaiting_parcel, reason: wrong_size}]

An order is `delivered`, `shipped` or only `placed` so many days ago; `paid` may name several captures.
`above` says by how much more than today's price each unit was bought.

What the customer does: `say`, `hurry` (several messages, one after the other without waiting), `tap` (part of a
button's title), `photo`, `code` (the first one that was mailed to him is 1; or `wrong`), `reload` (the page again,
with the token that the browser keeps), `again` (another day or device, a new session), `pay` (under the newest
link). What others do: `shop` (receive, approve, reject or
ship-replacement, for the newest return), `reply` (a person's words into the chat of the newest case), `order`
(what became of an order: `{tail: "11", delivered: 0}`), `kill` (one of the processes). `wait` is a pattern that
comes unasked.

`{number:TAIL}` in a step stands for the number of the order with that tail, `{phone}` and `{email}` for the
customer's own, `{return}` for the number of the newest return, `{stranger}` for the number of somebody else's
order and `{stranger_email}` for his address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
ALLOWED = {"title", "language", "customer", "orders", "dialogue", "then"}
DEEDS = {
    "say",
    "hurry",
    "tap",
    "photo",
    "code",
    "reload",
    "again",
    "pay",
    "shop",
    "reply",
    "order",
    "kill",
    "wait",
}
STEPS = DEEDS | {"hear", "not"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """`id` is unique and serves as the customer's id."""

    id: str
    title: str
    language: str
    guest: bool
    orders: Sequence[Mapping[str, Any]]
    dialogue: Sequence[Mapping[str, Any]]
    then: Mapping[str, Sequence[Mapping[str, Any]]]

    @property
    def kills(self) -> bool:
        """Whether a process ends in it, which others would notice."""
        return any("kill" in step for step in self.dialogue)


def scripts() -> Iterator[Script]:
    """All scripts, in the order of files. Raises ValueError on a key that nobody reads."""
    for path in sorted(HERE.glob("*/*.yml")):
        for number, told in enumerate(yaml.safe_load(path.read_text(encoding="utf8")), 1):
            yield _script(f"{path.parent.name}-{path.stem}-{number}".replace("_", "-"), told)


def interrupted_scripts() -> Iterator[Script]:
    """Those of the happy paths once more, for customers who ask for a person again and again."""
    for script in scripts():
        if script.id.startswith("happy-path"):
            yield replace(script, id=f"people-{script.id}")


def _script(name: str, told: Mapping[str, Any]) -> Script:
    unknown = (told.keys() - ALLOWED) | {key for step in told["dialogue"] for key in step.keys() - STEPS}
    if unknown or told["language"] not in ("zh", "en") or not told["then"]:
        raise ValueError(f"{name}: {sorted(unknown) or 'language or then is missing'}")
    if any(len(step.keys() & DEEDS) != 1 for step in told["dialogue"]):
        raise ValueError(f"{name}: one deed a step")
    return Script(
        id=name,
        title=told["title"],
        language=told["language"],
        guest=told.get("customer", "known") == "guest",
        orders=told.get("orders", ()),
        dialogue=told["dialogue"],
        then=told["then"],
    )
