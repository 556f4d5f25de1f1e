"""The meaning of English words in a message as a vector, from the graph that bot.encoder_graph makes.

Chinese needs none of it: the encoder has read English alone, and messages without English words are left out.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from bot.encoder_graph import LONGEST, SIZE, build_graph, read_package
from bot.text import LATIN_WORD

GRAPH, TOKENIZER = "encoder.onnx", "tokenizer.json"
BATCH = 32
TRAINING_THREADS = 2

# (row, its tokens) of texts with the same number of tokens.
Batch = Sequence[tuple[int, list[int]]]

logger = logging.getLogger(__name__)


class Encoder:
    """A session with its tokenizer; `graph` and `words` are the bytes they were made from.

    `threads` batches are run at a time, each on one thread, so that the vectors do not depend on how many.
    """

    def __init__(self, graph: bytes, words: bytes, *, threads: int = 1) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        self._graph, self._words, self._threads = graph, words, threads
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
        batches = [
            same[start : start + BATCH] for same in by_length.values() for start in range(0, len(same), BATCH)
        ]
        for batch, found in zip(batches, self._run(batches), strict=True):
            vectors[[row for row, _ in batch]] = found
        return vectors

    def _run(self, batches: Sequence[Batch]) -> Iterable[Any]:
        if self._threads == 1 or len(batches) < self._threads:
            return map(self._run_one, batches)
        with ThreadPoolExecutor(self._threads) as pool:  # the runtime lets go of the interpreter's lock
            return list(pool.map(self._run_one, batches))

    def _run_one(self, batch: Batch) -> Any:
        return self._session.run(None, {"ids": np.array([ids for _, ids in batch], dtype=np.int64)})[0]

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
    """The encoder from its package, for training; None, with a warning, where it or what runs it is missing."""
    files = read_package()
    if files is None:
        logger.warning("no sentence encoder: its package is not installed; English is understood less well")
        return None
    try:
        from safetensors.numpy import load

        graph = build_graph(load(files["model.safetensors"]))
        return Encoder(graph, files["tokenizer.json"], threads=TRAINING_THREADS)
    except ImportError as error:
        logger.warning("no sentence encoder (%s); English is understood less well", error)
        return None
