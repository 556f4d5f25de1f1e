"""Reads returns_policy.yml into a Policy and refuses a file with any problem, naming all of them at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from aftersales.domain.policy_rules import Policy
from runtime.policy_reader import Problem, Reader
from runtime.policy_sections import Sections
from runtime.policy_sense import check_sense

_LARGEST = 1_000_000  # bytes
_DEEPEST = 50  # lists and mappings in one another; the quick parser ends the process at some tens of thousands


class PolicyFileError(Exception):
    """The file cannot be used. `problems` are all that were found, by line (counted from 1)."""

    def __init__(self, path: Path, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(f"{path}:{problem.line}: {problem.reason}" for problem in problems))
        self.path = path
        self.problems = problems


def load_policy(path: Path) -> Policy:
    """The policy of the file (UTF-8 YAML, 1 MB at most). Raises PolicyFileError."""
    return read_policy(read_text(path), path)


def read_policy(raw: bytes, path: Path) -> Policy:
    """The policy of this text; `path` is how problems name it. Raises PolicyFileError."""
    reader = Reader()
    sections = Sections(reader)
    policy = sections.policy(compose_text(raw, path))
    check_sense(policy, reader, nodes=sections.nodes)
    if reader.problems:
        raise PolicyFileError(path, tuple(sorted(set(reader.problems))))
    return policy


def compose(path: Path) -> yaml.Node:
    """The root node of a YAML file (UTF-8, 1 MB at most). Raises PolicyFileError."""
    return compose_text(read_text(path), path)


def read_text(path: Path) -> bytes:
    """The bytes of a file of 1 MB at most. Raises PolicyFileError."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise PolicyFileError(path, (Problem(1, f"cannot be read: {error.strerror}"),)) from error
    if len(raw) > _LARGEST:
        raise PolicyFileError(path, (Problem(1, f"is larger than {_LARGEST} bytes"),))
    return raw


def compose_text(raw: bytes, path: Path) -> yaml.Node:
    """The root node of a YAML text. Raises PolicyFileError."""
    try:
        text = raw.decode("utf-8-sig")
        if too_deep := _line_of_depth(text):
            raise PolicyFileError(path, (Problem(too_deep, f"is nested more than {_DEEPEST} deep"),))
        root: Any = yaml.compose(text, Loader=yaml.CSafeLoader)
    except UnicodeDecodeError as error:
        raise PolicyFileError(path, (Problem(raw.count(b"\n", 0, error.start) + 1, "is not UTF-8"),)) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise PolicyFileError(path, (Problem(line, f"is not YAML: {error.problem}"),)) from error
    except yaml.YAMLError as error:
        raise PolicyFileError(path, (Problem(1, f"is not YAML: {error}"),)) from error
    if root is None:
        raise PolicyFileError(path, (Problem(1, "is empty"),))
    node: yaml.Node = root
    return node


def _line_of_depth(text: str) -> int | None:
    """Where it becomes too deep, counted from 1; None where it does not. Raises yaml.YAMLError."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                return event.start_mark.line + 1 if event.start_mark else 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None
