"""Reads data/faq: shop.yml with the shop's facts, words.yml, and one file of questions and answers a topic.

Refuses a folder with any problem and names all of them at once, each with its file and line.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import yaml

from aftersales.domain.faq import Faq
from aftersales.domain.policy_rules import Policy
from runtime.faq_choice import suiting
from runtime.faq_entries import Placed, read_entries, read_groups
from runtime.faq_sense import check_entries, check_shop
from runtime.faq_shop import read_shop
from runtime.places import ROOT
from runtime.policy_file import PolicyFileError, compose
from runtime.policy_reader import Problem, Reader

FAQ = ROOT / "data" / "faq"
SHOP, WORDS = "shop.yml", "words.yml"


class FaqFileError(Exception):
    """The folder cannot be used. `problems` are (file, problem), in the order of files and lines."""

    def __init__(self, problems: tuple[tuple[Path, Problem], ...]) -> None:
        super().__init__("\n".join(f"{path}:{problem.line}: {problem.reason}" for path, problem in problems))
        self.problems = problems


def load_faq(folder: Path, *, policy: Policy, responses: Collection[str]) -> Faq:
    """The folder's entries and facts under this policy. Raises FaqFileError.

    Entries that this policy cannot answer are left out. `responses` are the names of all responses: an intent can
    be a button only if there are words for it.
    """
    readers: dict[Path, Reader] = {}
    shop_file = folder / SHOP
    shop = read_shop(_root(shop_file, readers), readers[shop_file])
    words_file = folder / WORDS
    groups = read_groups(_root(words_file, readers), readers[words_file])
    entries: list[Placed] = []
    for path in sorted(path for path in folder.glob("*.yml") if path not in (shop_file, words_file)):
        root = _root(path, readers)
        entries += read_entries(root, readers[path])
    if not readers[shop_file].problems:
        check_shop(shop, policy, readers[shop_file])
        check_entries(entries, shop=shop, policy=policy, responses=responses)
    problems = [(path, problem) for path, reader in readers.items() for problem in sorted(set(reader.problems))]
    if problems:
        raise FaqFileError(tuple(problems))
    rules = {*shop.facts.names(), *(rule.id for rule in policy.rules())}
    given = [placed.entry for placed in suiting(entries, rules=rules)]
    return Faq(given, shop=shop.facts, policy=policy, groups=groups)


def _root(path: Path, readers: dict[Path, Reader]) -> yaml.Node | None:
    """The file's root, and a reader for it; None, with the problem noted, when it is no YAML."""
    readers[path] = Reader()
    try:
        return compose(path)
    except PolicyFileError as error:
        readers[path].problems.extend(error.problems)
        return None
