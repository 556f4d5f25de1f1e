"""spaCy for Chinese with English in it: jieba words, and an entity ruler that marks order references."""

from typing import Any

import spacy
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.utils.spacy_utils import SpacyModel, SpacyNLP

from bot.text import fold

_FIGURES = {"TEXT": {"REGEX": r"^[\d-]+$"}}
_SPACES = {"TEXT": {"REGEX": r"^[\s-]+$"}}
_MORE = {"TEXT": {"REGEX": r"^[\d\s-]+$"}, "OP": "*"}
_NUMERALS = {"TEXT": {"REGEX": r"^[\d零〇一幺二两三四五六七八九]+$"}, "OP": "+"}
_LINK = {"TEXT": {"REGEX": r"^(?:\s+|是|为|為|:|：|的)$"}, "OP": "*"}
_EN_LINK = {"TEXT": {"REGEX": r"^(?:\s+|in|is|are|with|:|digits?|numbers?|of)$"}, "OP": "*"}
_FOUR = {"TEXT": {"REGEX": r"^[四4几]$"}, "OP": "?"}
_PLACES = {"TEXT": {"REGEX": r"^[位个個]?数?字?$"}, "OP": "*"}
_SPOKEN = {"LOWER": {"IN": ["zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]}}
_GAP = {"IS_SPACE": True, "OP": "*"}
_FOUR_SPOKEN = [_SPOKEN, _GAP, _SPOKEN, _GAP, _SPOKEN, _GAP, _SPOKEN]
_HOW_MANY = {"LOWER": {"IN": ["three", "four", "five", "4"]}}
_TAIL = r"^(?:[单單]?尾[号號数數]|末尾)$"
_LAST_FOUR = r"^(?:后|後|最后|最後|末|后面|末尾|后四位|最后四位|后四位数|末四位|四位|四位数|后四|四个|数|位|位数)$"

ORDER_PATTERNS: list[dict[str, Any]] = [
    {"label": "order_number", "pattern": pattern}
    for pattern in (
        [{"TEXT": {"REGEX": r"^rd\d{8,18}$"}}],
        [{"TEXT": {"REGEX": r"^rd[\d-]*$"}}, _MORE, _FIGURES],
        [{"TEXT": {"REGEX": r"^r$"}}, {"TEXT": "d"}, _MORE, _FIGURES],
        [{"TEXT": {"REGEX": r"^#\d{3,8}$"}}],
        [{"TEXT": "#"}, _GAP, {"TEXT": {"REGEX": r"^\d{3,8}$"}}],
        [{"TEXT": {"REGEX": _TAIL}}, _FOUR, _PLACES, _LINK, _NUMERALS],
        [{"TEXT": {"REGEX": _LAST_FOUR}, "OP": "+"}, _FOUR, _PLACES, _LINK, _NUMERALS],
        [{"LOWER": {"IN": ["ending", "ends", "end"]}}, _EN_LINK, {"TEXT": {"REGEX": r"^\d{3,6}$"}}],
        [{"LOWER": "last"}, _GAP, _HOW_MANY, _EN_LINK, {"TEXT": {"REGEX": r"^\d{3,6}$"}}],
        [{"LOWER": {"IN": ["ending", "ends"]}}, _EN_LINK, *_FOUR_SPOKEN],
        [{"LOWER": "last"}, _GAP, {"LOWER": "four"}, _EN_LINK, *_FOUR_SPOKEN],
    )
]  # fmt: skip


def build_language() -> spacy.language.Language:
    """A blank Chinese pipeline: tokens from jieba, entities from `ORDER_PATTERNS`. Expects folded texts."""
    nlp = spacy.blank("zh", config={"nlp": {"tokenizer": {"segmenter": "jieba"}}})
    nlp.add_pipe("entity_ruler").add_patterns(ORDER_PATTERNS)
    return nlp


@DefaultV1Recipe.register(
    [DefaultV1Recipe.ComponentType.MODEL_LOADER, DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER],
    is_trainable=False,
    model_from="ChineseSpacyNLP",
)
class ChineseSpacyNLP(SpacyNLP):
    """Provides the pipeline built in code: no model folder and no download."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "ChineseSpacyNLP":
        """Builds the language instead of loading one."""
        model = SpacyModel(model=build_language(), model_name="returndesk_zh")
        return cls(model, {**cls.get_default_config(), **config})

    def _preprocess_text(self, text: str | None) -> str:
        return fold(text or "")
