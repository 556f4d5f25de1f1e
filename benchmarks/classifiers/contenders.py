"""What is compared, by its name in the table."""

from functools import partial

from benchmarks.classifiers.linear import Linear
from benchmarks.classifiers.measure import Make
from benchmarks.classifiers.spacy_textcat import ARCHITECTURES, Textcat
from benchmarks.classifiers.subwords import SubwordClassifier, SubwordVectors

CONTENDERS: dict[str, Make] = {
    "ours": Linear,
    "ours and subword vectors": partial(Linear, further=SubwordVectors),
    "subword classifier": SubwordClassifier,
    **{f"spaCy {name}": partial(Textcat, architecture=name) for name in ARCHITECTURES},
}
