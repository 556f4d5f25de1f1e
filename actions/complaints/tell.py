"""How a case is told: where it stands, who answers, until when, and what was answered last."""

from __future__ import annotations

from collections.abc import Sequence

from actions.base import Scene, inform
from actions.complaints.common import Button, case_facts
from aftersales.domain.cases import LIVE, Case, CaseKind, CaseState
from aftersales.services.complaints import CaseView
from runtime import formats

OFFERS = 5


def live_views(views: Sequence[CaseView]) -> list[CaseView]:
    """Those that still wait for a person, newest first."""
    return [view for view in views if view.case.state in LIVE]


def case_title(scene: Scene, case: Case) -> str:
    """What the case is about, in a word or two."""
    if case.kind is CaseKind.COMPLAINT and case.department:
        return scene.title(f"utter_complaints_type_{case.reason}")
    return scene.title(f"utter_complaints_kind_{case.kind.value}")


def case_buttons(scene: Scene, views: Sequence[CaseView]) -> list[Button]:
    return [
        {
            "title": f"{view.case.number} · {case_title(scene, view.case)}",
            "payload": inform("case", view.case.number),
        }
        for view in views
    ]


def tell_case(scene: Scene, view: CaseView) -> None:
    """One case in full; where it is live, with the offer to add to it."""
    case, answer = view.case, view.last_answer
    parameters = {**case_facts(scene, case), "title": case_title(scene, case)}
    last = ""
    if answer is not None:
        at = formats.moment(answer.at, scene.language, scene.ctx.zone)
        last = scene.ctx.texts.render("utter_complaints_last_answer", scene.language, at=at, answer=answer.text)
    late = case.state in LIVE and case.answered_at is None and case.promised_by < scene.ctx.clock.now()
    state = "late" if late and case.state is not CaseState.WAITING_CUSTOMER else case.state.value
    scene.say(f"utter_complaints_status_{state}", {**parameters, "last": last}, buttons=_buttons(scene, case))


def tell_cases(scene: Scene, views: Sequence[CaseView]) -> None:
    """Several cases, a line each, the newest first; the button of each tells it in full."""
    lines = [
        scene.ctx.texts.render(
            "utter_complaints_line",
            scene.language,
            **case_facts(scene, view.case),
            title=case_title(scene, view.case),
            state=scene.title(f"utter_complaints_state_{view.case.state.value}"),
        )
        for view in views[:OFFERS]
    ]
    buttons = case_buttons(scene, views[:OFFERS])
    scene.say("utter_complaints_several", {"count": str(len(views)), "lines": "\n".join(lines)}, buttons=buttons)


def _buttons(scene: Scene, case: Case) -> list[Button]:
    if case.state not in LIVE:
        return []
    named = [("utter_complaints_button_add", inform("follow", "add"))]
    if case.kind is not CaseKind.HANDOVER:
        named.append(("utter_complaints_button_withdraw", inform("follow", "withdraw")))
    named.append(("utter_complaints_button_done", inform("follow", "done")))
    return [{"title": scene.title(response), "payload": payload} for response, payload in named]
