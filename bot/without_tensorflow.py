"""Rasa's server without TensorFlow.

Rasa imports TensorFlow whatever the pipeline; none of our components uses it, and it takes about half of the time
and memory of a start. Here its name stands for nothing: a class that lets itself be subclassed, annotated and used
as a decorator, which is all that Rasa's modules do with it while they are imported. Only for serving a model that
has no component in need of it (see `needs_tensorflow`); training and `rasa run` have the real one.
"""

import json
import sys
import tarfile
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

_NAMES = ("tensorflow", "tensorflow_hub", "keras")
_IN_NEED = (
    "rasa.nlu.classifiers.diet_classifier.",
    "rasa.nlu.featurizers.dense_featurizer.convert_featurizer.",
    "rasa.nlu.featurizers.dense_featurizer.lm_featurizer.",
    "rasa.nlu.selectors.",
    "rasa.core.policies.ted_policy.",
    "rasa.core.policies.unexpected_intent_policy.",
)


def needs_tensorflow(model: Path) -> bool:
    """Whether a component of this archive does; raises OSError or tarfile.TarError for no archive of Rasa's."""
    with tarfile.open(model) as archive:
        for member in archive:
            if Path(member.name) == Path("metadata.json"):
                content = archive.extractfile(member)
                nodes = json.load(content)["predict_schema"]["nodes"] if content else {}
                return any(node["uses"].startswith(_IN_NEED) for node in nodes.values())
    raise tarfile.ReadError(f"{model.name} holds no metadata")


class _Nothing(type):
    def __getattr__(cls, name: str) -> type:
        return _nothing(name)

    def __getitem__(cls, _item: Any) -> type:
        return cls


class Nothing(metaclass=_Nothing):
    """Stands for any class, function or decorator of TensorFlow."""

    def __init__(self, *_arguments: Any, **_named: Any) -> None:
        """Takes whatever it is given."""

    def __call__(self, *arguments: Any, **_named: Any) -> Any:
        """As a decorator gives back what it decorates."""
        return arguments[0] if arguments else self


def _nothing(name: str) -> type:
    if name.startswith("__"):
        raise AttributeError(name)
    return Nothing


class _Module(ModuleType):
    __path__: list[str] = []  # noqa: RUF012 (a package without files)
    __version__ = "0"

    def __getattr__(self, name: str) -> type:
        return _nothing(name)


class _Finder(MetaPathFinder, Loader):
    def find_spec(
        self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] not in _NAMES:
            return None
        if (
            name == "tensorflow.experimental"
        ):  # by this name spaCy looks whether there is a TensorFlow to work with
            raise ModuleNotFoundError(name=name)
        return ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to execute."""


def install() -> None:
    """From now on `import tensorflow` brings nothing. Raises RuntimeError when the real one is there already."""
    if "tensorflow" in sys.modules:
        raise RuntimeError("TensorFlow has been imported already")
    sys.meta_path.insert(0, _Finder())
