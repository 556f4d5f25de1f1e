"""The file that says which of WeChat's templates news are told by."""

from __future__ import annotations

from pathlib import Path

import pytest

from aftersales.domain.channels import Notice
from connectors.wechat.accounts import AccountKind
from connectors.wechat.notices import FormKind
from runtime.policy_file import PolicyFileError
from runtime.wechat_notices import _parameters, load_notices

GOOD = """
service:
  utter_refund_succeeded_notice:
    kind: template
    id: T-1
    fields:
      character_string1: "{number}"
      amount2: "{amount}"
      phrase3: 已退款
  default:
    kind: subscription
    id: S_1
    fields: {thing1: "{text}"}
mini:
  default:
    id: M-1
    page: pages/orders/index
    fields: {thing4: "{text}", phrase5: 新进展}
"""


def file_of(folder: Path, text: str) -> Path:
    path = folder / "notices.yml"
    path.write_text(text, encoding="utf8")
    return path


def problems_of(folder: Path, text: str) -> list[str]:
    with pytest.raises(PolicyFileError) as found:
        load_notices(file_of(folder, text))
    return [problem.reason for problem in found.value.problems]


def response_with(*parameters: str) -> str:
    return next(name for name, known in sorted(_parameters().items()) if known == set(parameters))


def test_forms_are_read_for_each_account(tmp_path: Path) -> None:
    response = response_with("amount", "number")
    forms = load_notices(file_of(tmp_path, GOOD.replace("utter_refund_succeeded_notice", response)))
    service, mini = forms[AccountKind.SERVICE], forms[AccountKind.MINI]
    own, default, small = service.of(response), service.of("utter_other"), mini.of("utter_other")
    assert own is not None
    assert default is not None
    assert small is not None
    assert (own.kind, own.template, default.kind, small.kind) == (
        FormKind.TEMPLATE,
        "T-1",
        FormKind.SUBSCRIPTION,
        FormKind.MINI,
    )
    notice = Notice(response=response, language="zh", parameters={"number": "RT1", "amount": "¥1"}, text="退款了")
    assert own.body("o", notice, key="k")["data"] == {
        "character_string1": {"value": "RT1"},
        "amount2": {"value": "¥1"},
        "phrase3": {"value": "已退款"},
    }
    assert small.body("o", notice, key="k")["page"] == "pages/orders/index"


WRONG = {
    "unknown account": ("other: {}", "notices: unknown key 'other'"),
    "no fields": ("mini: {default: {id: M, fields: {}}}", "mini.default.fields: no field"),
    "no id": ("mini: {default: {fields: {thing1: a}}}", "mini.default: 'id' is missing"),
    "no kind": ("service: {default: {id: T, fields: {thing1: a}}}", "service.default: 'kind' is missing"),
    "unknown text": ("mini: {utter_no: {id: M, fields: {thing1: a}}}", "there is no text 'utter_no'"),
    "unknown kind": ("service: {default: {kind: letter, id: T, fields: {thing1: a}}}", "'letter' is not written"),
    "unknown field": ("mini: {default: {id: M, fields: {first: a}}}", "is no field of WeChat's"),
    "unknown name": (
        'mini: {default: {id: M, fields: {thing1: "{numer}"}}}',
        "the text has no numer; it has text",
    ),
    "open brace": ('mini: {default: {id: M, fields: {thing1: "{text"}}}', "a brace is not closed"),
    "no plain name": ('mini: {default: {id: M, fields: {thing1: "{text!r}"}}}', "a plain name in braces"),
    "too long": (
        "mini: {default: {id: M, fields: {phrase1: 您的退款到账}}}",
        "has 6 characters of its own, 5 are",
    ),
    "no keys": ("- a", "expected keys and values"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told(name: str, tmp_path: Path) -> None:
    text, reason = WRONG[name]
    assert any(reason in found for found in problems_of(tmp_path, text)), problems_of(tmp_path, text)


def test_everything_that_is_wrong_is_told_with_its_line(tmp_path: Path) -> None:
    text = "mini:\n  default:\n    id: '?'\n    fields:\n      first: a\n      thing1: '{numer}'\n"
    with pytest.raises(PolicyFileError) as found:
        load_notices(file_of(tmp_path, text))
    assert [problem.line for problem in found.value.problems] == [3, 5, 6]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PolicyFileError, match="cannot be read"):
        load_notices(tmp_path / "no.yml")
