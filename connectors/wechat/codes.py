"""What the `errcode` of an answer means for us.

From the pages of the calls at developers.weixin.qq.com (api_sendcustommessage, api_getstableaccesstoken,
api_sendnewsubscribemsg) and its list of return codes. HTTP says 200 in all these cases.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from aftersales.domain.channels import Refusal

OK = 0
BUSY = -1  # "try again later"
WRONG_FIELD = 47003  # a notice does not fit its template
TOKEN_REFUSED = frozenset({40001, 40014, 42001})

_REFUSALS = {
    45015: Refusal.CLOSED,
    45047: Refusal.SPENT,
    43004: Refusal.GONE,
    48002: Refusal.GONE,
    43101: Refusal.NO_FORM,
    WRONG_FIELD: Refusal.NO_FORM,
}
# Codes that are the shop's to mend, with what there is to do. Until then nothing is lost: it is tried again.
TO_MEND = {
    40013: "check the AppID",
    40125: "check the AppSecret",
    40164: "add this server's address to the account's IP allow-list",
    40243: "unfreeze the AppSecret",
    45009: "the account's daily number of calls is used up",
    45011: "too many calls in a short time",
    48001: "the account has no right to this call: it must be a verified service account, or a mini-program",
    48004: "WeChat has banned this call for the account",
    50002: "WeChat has limited the account",
}
_RID = re.compile(r"\brid: ([0-9a-f-]{8,64})", re.ASCII)
_ADDRESS = re.compile(r"\binvalid ip ([0-9a-fA-F.:]{3,45})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reply:
    """A JSON answer. `rid` names the call to WeChat's support, "" where it gives none."""

    errcode: int
    fields: dict[str, Any]

    @property
    def rid(self) -> str:
        return self._found(_RID)

    @property
    def address(self) -> str:
        """Where the call came from by an answer that refuses it for that."""
        return self._found(_ADDRESS)

    def _found(self, pattern: re.Pattern[str]) -> str:
        found = pattern.search(str(self.fields.get("errmsg", ""))[:400])
        return found[1] if found else ""


def refusal_of(reply: Reply) -> Refusal | None:
    """Why a message was not taken; None when it was."""
    return None if reply.errcode == OK else _REFUSALS.get(reply.errcode, Refusal.REFUSED)
