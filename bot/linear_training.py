"""Fits bot.linear's model. Needs scikit-learn; takes about a second of one core per thousand examples."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from bot.features import KINDS, terms
from bot.linear import FAMILY, Judge, Layer, LinearModel, evidence, softmax
from bot.neighbours import NEARNESS, make_neighbours

THREADS = 2
FEWEST = 20  # of either answer, for a judge


def train(
    texts: list[str], labels: list[str], vectors: Any, family: set[str], config: dict[str, Any]
) -> LinearModel:
    """`vectors` (texts, encoder) are the encoder's; `config` holds C, family_weight, min_df, folds and seed.

    Raises ValueError when the labels hold fewer than two of the family or two others.
    """
    if len(family & set(labels)) < 2 or len(set(labels) - family) < 2:
        raise ValueError("the examples must hold two intents of the family and two others")
    vocabulary, idf, starts, sparse = _read_terms(texts, config["min_df"])
    rows = _joined(sparse, vectors)
    coarse = np.array([FAMILY if label in family else label for label in labels])
    other = coarse == FAMILY
    with ThreadPoolExecutor(THREADS) as pool:  # liblinear lets go of the interpreter's lock
        work = [(rows, coarse), (rows, other), (rows[other], np.array(labels)[other])]
        whole = [pool.submit(_fit, *given, config) for given in work]
        held = _held_out(rows, coarse, vectors, config, pool)
        first, trade, second = (_layer(fitted.result(), len(vocabulary)) for fitted in whole)
    temperature = _temperature(held[0], [first.labels.index(label) for label in coarse])
    right, ours = _judges(held, coarse, first.labels, temperature, vectors.any(axis=1))
    near = make_neighbours(vectors, other)
    return LinearModel(vocabulary, idf, starts, first, second, trade, temperature, right, ours, near)


def _read_terms(texts: list[str], least: int) -> tuple[dict[str, int], Any, list[int], Any]:
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    vectorizer = TfidfVectorizer(analyzer=terms, sublinear_tf=True, norm=None, min_df=least, dtype=np.float32)
    rows = vectorizer.fit_transform(texts)
    vocabulary = {term: int(number) for term, number in vectorizer.vocabulary_.items()}
    ends = np.searchsorted(vectorizer.get_feature_names_out(), [kind + "\U0010ffff" for kind in KINDS]).tolist()
    starts = [0, *ends[:-1]]
    blocks = [normalize(rows[:, start:end]) for start, end in zip(starts, ends, strict=True)]
    return vocabulary, vectorizer.idf_.astype(np.float32), starts, hstack(blocks, format="csr")


def _joined(sparse: Any, vectors: Any) -> Any:
    """As liblinear wants it, so that no fit changes what other threads read: doubles, sorted, nothing twice."""
    from scipy.sparse import csr_matrix, hstack

    rows = hstack([sparse, csr_matrix(vectors)], format="csr", dtype=np.float64)
    rows.sum_duplicates()
    return rows


def _fit(rows: Any, labels: Any, config: dict[str, Any]) -> Any:
    """One-vs-rest support vector machines; the family weighs more where it is a class."""
    from sklearn.svm import LinearSVC

    weight = {FAMILY: config["family_weight"]} if labels.dtype.kind == "U" and FAMILY in labels else None
    return LinearSVC(C=config["C"], tol=config["tolerance"], class_weight=weight).fit(rows, labels)


def _layer(fitted: Any, size: int) -> Layer:
    """`size` terms come first, the encoder after them. Of two classes scikit-learn keeps one margin alone."""
    weights = np.ascontiguousarray(fitted.coef_.T, dtype=np.float32)
    bias = fitted.intercept_.astype(np.float32)
    labels = [str(name) for name in fitted.classes_]
    if len(labels) == 2:
        weights, bias = np.hstack([-weights, weights]), np.concatenate([-bias, bias])
    return Layer(weights[:size], weights[size:], bias, labels)


def _held_out(
    rows: Any, coarse: Any, vectors: Any, config: dict[str, Any], pool: ThreadPoolExecutor
) -> tuple[Any, Any, Any]:
    """Margins (texts, classes), trade margins (texts,) and nearness, each by a fit that has not seen the text."""
    fold = np.random.default_rng(config["seed"]).integers(0, config["folds"], len(coarse))
    classes = len(set(coarse))
    margins, trade = np.zeros((len(coarse), classes), dtype=np.float32), np.zeros(len(coarse), dtype=np.float32)
    near = np.zeros((len(coarse), NEARNESS), dtype=np.float32)

    def read(number: int) -> None:
        kept, held = fold != number, fold == number
        if len(set(coarse[kept])) < classes:
            raise ValueError("an intent has too few examples to hold some back")
        other = coarse[kept] == FAMILY
        margins[held] = _fit(rows[kept], coarse[kept], config).decision_function(rows[held])
        trade[held] = _fit(rows[kept], other, config).decision_function(rows[held])
        near[held] = make_neighbours(vectors[kept], other).near(vectors[held])

    for _ in pool.map(read, range(config["folds"])):
        pass
    return margins, trade, near


def _temperature(margins: Any, truth: list[int]) -> float:
    """The temperature with the least log-loss."""
    grid = np.geomspace(0.05, 2.0, 60)
    places = np.arange(len(truth))
    losses = [-np.log(softmax(margins / value)[places, truth] + 1e-12).mean() for value in grid]
    return float(grid[int(np.argmin(losses))])


def _judges(
    held: tuple[Any, Any, Any], coarse: Any, labels: list[str], temperature: float, english: Any
) -> tuple[Judge, Judge]:
    """Of the likeliest being right, and of a text being of our trade, learnt from held-out margins.

    The second learns from the texts that it is asked about: those whose likeliest label is of our trade.
    """
    margins, trade, near = held
    family = labels.index(FAMILY)
    seen = evidence(margins, trade, near, family, temperature)
    best = margins.argmax(axis=1)
    right = np.array(labels)[best] == coarse
    return (
        _judge(seen, right, np.ones(len(coarse), dtype=bool), english),
        _judge(seen, coarse != FAMILY, best != family, english),
    )


def _judge(seen: Any, truth: Any, asked: Any, english: Any) -> Judge:
    """Where too little was seen of one kind of text, both kinds are judged by one fit."""
    from sklearn.linear_model import LogisticRegression

    weights, bias = [], []
    for kind in (~english, english):
        rows = asked & kind if min(np.bincount(truth[asked & kind], minlength=2)) >= FEWEST else asked
        mean, scale = seen[rows].mean(axis=0), seen[rows].std(axis=0) + 1e-6
        fitted = LogisticRegression(max_iter=1000).fit((seen[rows] - mean) / scale, truth[rows])
        weights.append(fitted.coef_[0] / scale)
        bias.append(float(fitted.intercept_[0] - (fitted.coef_[0] * mean / scale).sum()))
    return Judge(np.array(weights, dtype=np.float32), np.array(bias, dtype=np.float32))
