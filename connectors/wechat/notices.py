"""WeChat's own forms, by which customers hear news when they cannot be written to freely.

What a field may hold its name begins with; as the pages on templates and subscribed messages have it
(developers.weixin.qq.com/miniprogram/dev/api-backend/open-api/subscribe-message/subscribeMessage.send).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from aftersales.domain.channels import Notice
from connectors.wechat.payloads import Body

# Characters at most; None where another rule than the length counts, which WeChat alone can judge.
LIMITS: Mapping[str, int | None] = {
    "thing": 20,
    "number": 32,
    "letter": 32,
    "symbol": 5,
    "character_string": 32,
    "time": None,
    "date": None,
    "amount": None,
    "phone_number": 17,
    "car_number": 8,
    "name": 10,
    "phrase": 5,
    "enum": None,
    "const": None,
}
_FIELD = re.compile(r"([a-z_]+?)\d{1,2}", re.ASCII)
_DEFAULT = "default"


class FormKind(StrEnum):
    TEMPLATE = "template"  # of a service account
    SUBSCRIPTION = "subscription"  # of a service account, where the customer has agreed to one more
    MINI = "mini"  # the same of a mini-program


_PATHS = {
    FormKind.TEMPLATE: "/cgi-bin/message/template/send",
    FormKind.SUBSCRIPTION: "/cgi-bin/message/subscribe/bizsend",
    FormKind.MINI: "/cgi-bin/message/subscribe/send",
}


def kind_of(name: str) -> str | None:
    """Which kind of value a field takes; None for no field of WeChat's."""
    found = _FIELD.fullmatch(name)
    return found[1] if found and found[1] in LIMITS else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One template. `fields` are texts with the names of parameters in braces; `{text}` is the whole of the news.

    `page` is the page of a mini-program that it leads to. Others lead to the notice's link.
    """

    kind: FormKind
    template: str
    fields: Mapping[str, str]
    page: str = ""

    @property
    def path(self) -> str:
        return _PATHS[self.kind]

    def body(self, to: str, notice: Notice, *, key: str) -> Body:
        values = {"text": notice.text, **notice.parameters}
        data = {name: {"value": _filled(name, text, values)} for name, text in self.fields.items()}
        body: Body = {"touser": to, "template_id": self.template, "data": data}
        if self.kind is FormKind.TEMPLATE:
            return body | {"url": notice.link, "client_msg_id": key}
        page = self.page if self.kind is FormKind.MINI else notice.link
        return body | {"page": page} if page else body


@dataclass(frozen=True, slots=True)
class Forms:
    """Forms by the response whose news they tell; `default` tells all others."""

    by_response: Mapping[str, Form] = field(default_factory=dict)

    def of(self, response: str) -> Form | None:
        return self.by_response.get(response) or self.by_response.get(_DEFAULT)


def _filled(name: str, text: str, values: Mapping[str, str]) -> str:
    """In one line. A thing that is too long is cut; cut numbers and amounts would be other ones."""
    filled = re.sub(r"\{([a-z_]+)\}", lambda found: values.get(found[1], ""), text)
    filled = " ".join(filled.split())
    kind = kind_of(name) or ""
    if kind == "amount":
        return filled.replace(",", "").replace(" ", "")
    limit = LIMITS.get(kind)
    return f"{filled[: limit - 1]}…" if kind == "thing" and limit and len(filled) > limit else filled
