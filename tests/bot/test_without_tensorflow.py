"""Which models can be served without TensorFlow."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from bot.without_tensorflow import needs_tensorflow


def archive(folder: Path, *uses: str) -> Path:
    nodes = {f"node{number}": {"uses": name} for number, name in enumerate(uses)}
    content = json.dumps({"predict_schema": {"nodes": nodes}}).encode()
    path = folder / "model.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        member = tarfile.TarInfo("./metadata.json")
        member.size = len(content)
        file.addfile(member, io.BytesIO(content))
    return path


def test_a_model_of_our_components_does_not_need_it(tmp_path: Path) -> None:
    rules, ours = "rasa.core.policies.rule_policy.RulePolicy", "bot.classifier.LinearIntentClassifier"
    assert not needs_tensorflow(archive(tmp_path, rules, ours))


@pytest.mark.parametrize(
    "name",
    [
        "rasa.nlu.classifiers.diet_classifier.DIETClassifier",
        "rasa.core.policies.ted_policy.TEDPolicy",
        "rasa.core.policies.unexpected_intent_policy.UnexpecTEDIntentPolicy",
        "rasa.nlu.selectors.response_selector.ResponseSelector",
        "rasa.nlu.featurizers.dense_featurizer.lm_featurizer.LanguageModelFeaturizer",
    ],
)
def test_a_model_with_a_neural_component_needs_it(name: str, tmp_path: Path) -> None:
    assert needs_tensorflow(archive(tmp_path, "rasa.core.policies.rule_policy.RulePolicy", name))


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.tar.gz"
    path.write_bytes(b"no archive")
    with pytest.raises(tarfile.TarError):
        needs_tensorflow(path)
