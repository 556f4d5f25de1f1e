"""The pages that a case's link leads to, in words: what it is about, where it stands, what comes next."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from aftersales.domain.cases import Case, CaseKind, CaseState
from aftersales.domain.claims import ComplaintType
from aftersales.domain.texts import Language
from aftersales.ports import Texts
from aftersales.services.case_timeline import Timeline
from connectors.web.signed_pages.common import Pages
from runtime import formats

_HERE = Path(__file__).parent
_TAIL = 5  # of an order's number: enough for its customer, and nobody else's business


class CasePages(Pages):
    """`texts` are those of the chat, so that a case is named alike in both; `zone` is the shop's."""

    def __init__(self, texts: Texts, *, zone: ZoneInfo) -> None:
        super().__init__(_HERE)
        self._texts = texts
        self._zone = zone

    def case(self, timeline: Timeline, language: Language) -> str:
        def moment(at: datetime) -> str:
            return formats.moment(at, language, self._zone)

        case = timeline.case
        return self.render(
            "case.html",
            language,
            timeline=timeline,
            about=self._about(case, language),
            order=(case.order_number or "")[-_TAIL:],
            next=self._next(timeline, language),
            moment=moment,
        )

    def _about(self, case: Case, language: Language) -> str:
        if case.kind is CaseKind.COMPLAINT and case.reason in set(ComplaintType):
            kind = self._texts.render("utter_complaints_kind_complaint", language)
            about = self._texts.render(f"utter_complaints_type_{case.reason}", language)
            return f"{kind}：{about}" if language == "zh" else f"{kind.capitalize()}: {about}"
        words = self._texts.render(f"utter_complaints_kind_{case.kind.value}", language)
        return words if language == "zh" else words[:1].upper() + words[1:]

    def _next(self, timeline: Timeline, language: Language) -> str:
        words, state = self.words[language]["next_steps"], timeline.case.state
        if state not in {CaseState.OPEN, CaseState.ASSIGNED}:
            return str(words[state.value])
        if timeline.answer_by is None:
            return str(words["working"])
        name = ("overdue" if timeline.is_overdue else "late") if timeline.is_late else "answer_by"
        by = formats.deadline(timeline.answer_by, language, self._zone)
        return str(words[name]).format(by=by)
