"""The classifier of bot.linear, as training makes it, and with further vectors beside its features."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.classifiers.subwords import SubwordVectors
from bot.classifier import LinearIntentClassifier
from bot.encoder import make_encoder
from bot.linear_training import train


class Linear:
    """`further` learns vectors from the texts, which stand beside the encoder's; RuntimeError without that one."""

    def __init__(
        self, texts: list[str], labels: list[str], *, further: type[SubwordVectors] | None = None
    ) -> None:
        config = LinearIntentClassifier.get_default_config()
        encoder = make_encoder()
        if encoder is None:
            raise RuntimeError("the sentence encoder is missing: what would be measured is not ours")
        self._encoder = encoder
        self._further = further(texts) if further else None
        self._model = train(texts, labels, self._vectors(texts), set(config["family"]), config)

    def read(self, text: str) -> tuple[str, float]:
        """As sure as the confidence times the probability of being of our trade, as bot.decision has it."""
        reading = self._model.read_text(text, self._vectors([text])[0])
        intent, confidence = reading.ranking[0]
        return intent, confidence * reading.in_trade

    def _vectors(self, texts: Sequence[str]) -> Any:
        encoded = self._encoder.encode(texts)
        return encoded if self._further is None else np.hstack([encoded, self._further.embed(texts)])

    def size(self) -> int:
        """Bytes of what the archive holds of it, and of the further vectors."""
        with TemporaryDirectory() as folder:
            self._model.save(Path(folder))
            self._encoder.save(Path(folder))
            files = sum(path.stat().st_size for path in Path(folder).iterdir())
        return files + (self._further.size() if self._further else 0)
