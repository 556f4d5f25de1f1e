"""What can go wrong, without words for people: the rims map `code` to `utter_error_<code>` or to an HTTP problem.

AftersalesError
  NotFound            missing, or not yours: the two are never told apart
  Refused             a rule says no; carries the Decision
  Forbidden           whoever asks has no right to it, or not so far
  Conflict            the state does not allow it (any more); Taken, Full
  Invalid             the input itself is wrong; carries the field
  Unavailable         an outside party did not answer; a retry is safe
  OutcomeUnknown      an outside party may have acted; never retry, reconcile
  ProviderRejected    an outside party said no for good
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aftersales.domain.policy import Decision


class AftersalesError(Exception):
    """Base of all. `code` is stable and names the text at the rim."""

    code = "error"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.code)
        self.detail = detail


class NotFound(AftersalesError):
    code = "not_found"


class Refused(AftersalesError):
    code = "refused"

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.rule_id)
        self.decision = decision


class Forbidden(AftersalesError):
    code = "forbidden"


class Conflict(AftersalesError):
    code = "conflict"


class Taken(Conflict):
    """Somebody else has it; `detail` is the name that this person goes by."""


class Full(Conflict):
    """No place is free for one more."""


class Invalid(AftersalesError):
    code = "invalid"

    def __init__(self, field: str, detail: str = "") -> None:
        super().__init__(detail or field)
        self.field = field


class Unavailable(AftersalesError):
    code = "unavailable"


class OutcomeUnknown(AftersalesError):
    code = "outcome_unknown"


class ProviderRejected(AftersalesError):
    code = "provider_rejected"
