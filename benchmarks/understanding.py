"""A trained archive that reads many texts at once, through the same graph that serves a conversation.

Needs the bot environment.
"""

import logging
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BATCH = 128
FALLBACK = "nlu_fallback"

Row = dict[str, Any]


class Understanding:
    """`metadata` goes with every text, as the channel would send it; {"today": "2026-11-21"} fixes the day."""

    def __init__(self, model: Path, metadata: Row | None = None) -> None:
        """Raises OSError or tarfile.TarError when there is no such archive."""
        from bot import without_tensorflow

        os.environ["RASA_TELEMETRY_ENABLED"] = "false"
        if not without_tensorflow.needs_tensorflow(model):
            without_tensorflow.install()
        import structlog
        from rasa.core.agent import Agent

        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
        self._processor = Agent.load(str(model)).processor
        self._metadata = metadata or {}

    def predict(self, texts: Sequence[str]) -> list[Row]:
        """One prediction line per text, in their order."""
        return [row for start in range(0, len(texts), BATCH) for row in self._read(texts[start : start + BATCH])]

    def _read(self, texts: Sequence[str]) -> list[Row]:
        from rasa.core.channels.channel import UserMessage
        from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
        from rasa.shared.core.trackers import DialogueStateTracker

        from bot.wire import spoken_text

        target = self._processor.model_metadata.nlu_target
        messages = [UserMessage(text=spoken_text(text), metadata=dict(self._metadata)) for text in texts]
        tracker = DialogueStateTracker.from_events("", [])
        graph = self._processor.graph_runner
        parsed = graph.run(inputs={PLACEHOLDER_MESSAGE: messages, PLACEHOLDER_TRACKER: tracker}, targets=[target])
        return [_row(text, message.data) for text, message in zip(texts, parsed[target], strict=True)]


def _row(text: str, data: Row) -> Row:
    """The likeliest real intent, whatever was decided about it."""
    ranking = [entry for entry in data.get("intent_ranking", []) if entry["name"] != FALLBACK]
    top: Row = ranking[0] if ranking else {"name": "out_of_scope", "confidence": 0.0}
    unsure = (data.get("intent") or {}).get("name") == FALLBACK
    entities = [{key: one[key] for key in ("entity", "value", "start", "end")} for one in data.get("entities", [])]
    return {
        "text": text,
        "intent": top["name"],
        "confidence": round(top["confidence"], 4),
        "decision": data.get("decision") or ("clarify" if unsure else "act"),
        "ranking": [{"intent": one["name"], "confidence": round(one["confidence"], 4)} for one in ranking],
        "entities": [one for one in entities if one["entity"] != "language"],
        "in_trade": round(data.get("in_trade", 1.0), 4),
        "language": next((one["value"] for one in entities if one["entity"] == "language"), None),
    }


_loaded: Understanding | None = None  # for the forked processes


def predict_all(understanding: Understanding, texts: Sequence[str], *, processes: int) -> Iterator[Row]:
    """Prediction lines in the order of the texts; the work is spread over forked processes."""
    global _loaded
    if processes < 2 or len(texts) <= BATCH:
        yield from understanding.predict(texts)
        return
    _loaded = understanding
    pieces = [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for rows in pool.imap(_predict_piece, pieces):
            yield from rows


def _predict_piece(texts: Sequence[str]) -> list[Row]:
    assert _loaded is not None  # noqa: S101 (set before the fork)
    return _loaded.predict(texts)
