"""spaCy's text classifier on jieba words: as spaCy sets it up, but that the bag holds pairs and triples too."""

import random
import sys
from typing import Any

import spacy
from spacy.pipeline.textcat import single_label_bow_config, single_label_cnn_config, single_label_default_config
from spacy.training import Example
from spacy.util import fix_random_seed, minibatch
from thinc.api import Config

from benchmarks.scores import one_class
from bot.features import normalise

ARCHITECTURES = {
    "BOW": single_label_bow_config.replace("ngram_size = 1", "ngram_size = 3"),
    "CNN": single_label_cnn_config,
    "ensemble": single_label_default_config,
}
EPOCHS = 10
BATCH = 128
DROPOUT = 0.1
SEED = 1


class Textcat:
    """Chinese and English in one pipeline, of texts that are normalised as ours are."""

    def __init__(self, texts: list[str], labels: list[str], *, architecture: str) -> None:
        fix_random_seed(SEED)
        self._nlp = spacy.blank("zh", config={"nlp": {"tokenizer": {"segmenter": "jieba"}}})
        model = Config().from_str(ARCHITECTURES[architecture])["model"]
        self._nlp.add_pipe("textcat", config={"model": model})
        examples = self._examples(texts, [one_class(label) for label in labels])
        optimizer = self._nlp.initialize(lambda: examples)
        shuffled = random.Random(SEED)  # noqa: S311 (no secret)
        for number in range(EPOCHS):
            shuffled.shuffle(examples)
            losses: dict[str, float] = {}
            for batch in minibatch(examples, BATCH):
                self._nlp.update(batch, sgd=optimizer, drop=DROPOUT, losses=losses)
            print(f"{architecture}, epoch {number + 1}: loss {losses['textcat']:.2f}", file=sys.stderr)

    def _examples(self, texts: list[str], labels: list[str]) -> list[Any]:
        known = sorted(set(labels))
        return [
            Example.from_dict(self._nlp.make_doc(normalise(text)), {"cats": {one: one == label for one in known}})
            for text, label in zip(texts, labels, strict=True)
        ]

    def read(self, text: str) -> tuple[str, float]:
        """The likeliest with its probability."""
        found = self._nlp(normalise(text)).cats
        best = max(found, key=found.__getitem__)
        return best, found[best]

    def size(self) -> int:
        """Bytes of the pipeline's weights and vocabulary."""
        return len(self._nlp.to_bytes())
