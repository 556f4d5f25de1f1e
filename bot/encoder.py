"""The meaning of English words in a message as a vector, from the graph that bot.encoder_graph makes.

Chinese needs none of it: the encoder has read English alone, and messages without English words are left out.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bot.encoder_graph import LONGEST, SIZE, build_graph, read_package
from bot.text import LATIN_WORD

GRAPH, TOKENIZER = "encoder.onnx", "tokenizer.json"
BATCH = 32

logger = logging.getLogger(__name__)


class Encoder:
    """A session on one thread with its tokenizer; `graph` and `words` are the bytes they were made from."""

    def __init__(self, graph: bytes, words: bytes) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        self._graph, self._words = graph, words
        self._tokenizer = Tokenizer.from_str(words.decode("utf8"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_length=LONGEST)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def encode(self, texts: Sequence[str]) -> Any:
        """(texts, SIZE) float32: rows of length one, or of zeros for texts without English words.

        Texts with the same number of tokens are run together: padding would change the 8-bit scales.
        """
        vectors = np.zeros((len(texts), SIZE), dtype=np.float32)
        english = [row for row, text in enumerate(texts) if LATIN_WORD.search(text)]
        coded = self._tokenizer.encode_batch([texts[row] for row in english])
        by_length: dict[int, list[tuple[int, list[int]]]] = defaultdict(list)
        for row, tokens in zip(english, coded, strict=True):
            by_length[len(tokens.ids)].append((row, tokens.ids))
        for same in by_length.values():
            for start in range(0, len(same), BATCH):
                rows, ids = zip(*same[start : start + BATCH], strict=True)
                vectors[list(rows)] = self._session.run(None, {"ids": np.array(ids, dtype=np.int64)})[0]
        return vectors

    def save(self, folder: Path) -> None:
        """Writes the graph and the tokenizer."""
        (folder / GRAPH).write_bytes(self._graph)
        (folder / TOKENIZER).write_bytes(self._words)

    @classmethod
    def read(cls, folder: Path) -> "Encoder | None":
        """What `save` wrote; None where nothing was written.

        Raises RuntimeError where it cannot be run: a model that was trained with it understands little without.
        """
        if not (folder / GRAPH).is_file():
            return None
        try:
            return cls((folder / GRAPH).read_bytes(), (folder / TOKENIZER).read_bytes())
        except ImportError as error:
            raise RuntimeError(
                f"the model was trained with a sentence encoder that cannot run: {error}"
            ) from error


def make_encoder() -> Encoder | None:
    """The encoder from its package; None, with a warning, where that or what runs it is not installed."""
    files = read_package()
    if files is None:
        logger.warning("no sentence encoder: its package is not installed; English is understood less well")
        return None
    try:
        from safetensors.numpy import load

        return Encoder(build_graph(load(files["model.safetensors"])), files["tokenizer.json"])
    except ImportError as error:
        logger.warning("no sentence encoder (%s); English is understood less well", error)
        return None
