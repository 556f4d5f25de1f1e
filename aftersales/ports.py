"""The ports: what the services need from the world. Adapters live in stores/ and connectors/."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from aftersales.domain.accounts import Account, AgentSession
from aftersales.domain.adjustments import Adjustment
from aftersales.domain.api_keys import ApiKey
from aftersales.domain.approvals import Approval, Grounds
from aftersales.domain.bounces import Bounce
from aftersales.domain.canned import CannedAnswer
from aftersales.domain.cases import Case, CaseNote
from aftersales.domain.changes import Change
from aftersales.domain.channels import Download, Manners, Notice, Picture, Pulled, Push, Sender, Sent, Words
from aftersales.domain.conversations import Answer, Author, ChatNote, Conversation, Message, TalkSigns, Turn
from aftersales.domain.feedback import Feedback
from aftersales.domain.handovers import Handover
from aftersales.domain.identities import Identity, IdentityLink
from aftersales.domain.journal import Entry
from aftersales.domain.money import Money
from aftersales.domain.orders import Address, Customer, Fulfilment, Order, Payment, Variant
from aftersales.domain.outside import OutsideFile, OutsideNews, OutsidePacket, OutsideTalk
from aftersales.domain.pages import Mark, Wanted
from aftersales.domain.preferences import Preferences
from aftersales.domain.promises import Promise
from aftersales.domain.refunds import Refund, RefundState
from aftersales.domain.returns import Return, ReturnState
from aftersales.domain.seals import Seal
from aftersales.domain.seats import Seat
from aftersales.domain.statements import Scope
from aftersales.domain.texts import Language
from aftersales.domain.threads import Delivery, Thread
from aftersales.domain.webhooks import DeliveryState, Endpoint, WebhookDelivery


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware UTC."""
        ...


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a shop platform can do by itself; what it cannot is done by a person.

    `change_lines`: take units out of an order that goes on, and make a line another variant.
    """

    partial_refunds: bool
    idempotent_refunds: bool
    exchanges: bool
    cancel_orders: bool
    change_address: bool
    change_lines: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeLine:
    """`quantity` units of a line that are exchanged for a variant; `paid` is what that will have cost in all."""

    line_id: str
    quantity: int
    variant_id: str
    paid: Money


class ShopBackend(Protocol):
    """The shop's orders. Every method may raise Unavailable; methods that change something also OutcomeUnknown."""

    async def capabilities(self) -> Capabilities: ...

    async def get_customer(self, customer_id: str) -> Customer:
        """Raises NotFound."""
        ...

    async def find_order(self, number: str) -> Order:
        """By its exact normalised number. Raises NotFound. Does not authorise: services.access does."""
        ...

    async def get_order(self, order_id: str) -> Order:
        """Raises NotFound."""
        ...

    async def list_orders(self, customer_id: str, *, limit: int = 20) -> Sequence[Order]:
        """Newest first."""
        ...

    async def list_variants(self, product_id: str, *, currency: str | None = None) -> Sequence[Variant]:
        """What is on sale of a product, in the shop's order; nothing for an unknown product.

        Prices in `currency`, variants without such a price left out; None gives each its main currency.
        """
        ...

    async def request_return(self, *, order_id: str, lines: Sequence[tuple[str, int]], key: str) -> str:
        """Marks (line id, units) as on their way back; returns the shop's reference of the return.

        The same key again gives the same reference and marks nothing more. Raises NotFound, and Conflict
        when more units are asked for than can still be returned.
        """
        ...

    async def request_exchange(self, *, order_id: str, lines: Sequence[ExchangeLine], key: str) -> str:
        """As request_return, and takes what is wanted instead off the stock, all of it or nothing.

        The reference is that of a return. The same key again gives the same reference and reserves nothing more.
        Raises NotFound (also for a variant), Conflict when too few units are left, and Conflict("out_of_stock").
        """
        ...

    async def cancel_return(self, reference: str) -> None:
        """Gives the units free, and what an exchange had reserved. Harmless when already cancelled.

        Raises NotFound, and Conflict after receipt.
        """
        ...

    async def receive_return(self, reference: str) -> None:
        """Books all units of the return as returned. Harmless when already received. Raises NotFound, Conflict."""
        ...

    async def write_off_return(self, reference: str) -> None:
        """Books all units of the return as dismissed: the customer keeps them, or never got them.

        Harmless when that was done already. Raises NotFound, Conflict.
        """
        ...

    async def ship_replacement(self, reference: str) -> Fulfilment:
        """Sends what an exchange has reserved, as lines of their own of the order; gives the parcel.

        The same again gives the same parcel. Raises NotFound (also for a return without an exchange), and
        Conflict before the units are booked as returned or dismissed.
        """
        ...

    async def cancel_units(self, *, order_id: str, units: Sequence[tuple[str, int]], key: str) -> None:
        """Takes (line id, units) out of an order, all or none; with its last units the order is cancelled.

        The same key again changes nothing more. Raises NotFound, and Conflict when not as many are still unsent.
        """
        ...

    async def change_address(self, *, order_id: str, address: Address, key: str) -> None:
        """The address of all that is to be sent, in the order's country. The same key again changes nothing.

        Raises NotFound, and Conflict when something of the order was sent or it was cancelled.
        """
        ...

    async def change_variant(self, *, order_id: str, line_id: str, variant_id: str, paid: Money, key: str) -> None:
        """Makes the whole line another variant of its product, worth `paid`. The same key again changes nothing.

        Raises NotFound, and Conflict when some of the line was sent or cancelled or the stock does not suffice.
        """
        ...

    async def health(self) -> None:
        """Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class ProviderRefund:
    """A refund as the payment provider tells it; `reference` is the same whenever it is told."""

    reference: str
    status: Literal["pending", "succeeded", "failed"]
    amount: Money
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequest:
    """A payment that a customer was asked for. `link` is where it is paid.

    `payment_id` is that of the order's payment that came of it, None until it is paid.
    """

    reference: str
    link: str
    status: Literal["open", "paid", "cancelled"]
    amount: Money
    payment_id: str | None


class Payments(Protocol):
    """Moves money back, and asks for what is owed."""

    async def request_payment(self, *, order_id: str, amount: Money, key: str) -> PaymentRequest:
        """Asks the customer of an order to pay; the same key again tells how that request stands.

        Raises Unavailable, OutcomeUnknown, and ProviderRejected also where this provider cannot ask for payments.
        """
        ...

    async def find_payment(self, key: str) -> PaymentRequest | None:
        """The request made under our key, or None when there is none. Raises Unavailable."""
        ...

    async def cancel_payment(self, key: str) -> None:
        """From now on nothing can be paid under the key; harmless when there is no such request.

        Raises Conflict when it is paid, Unavailable, OutcomeUnknown.
        """
        ...

    async def refund(self, payment: Payment, *, amount: Money, key: str, reason: str) -> ProviderRefund:
        """Asks for a refund. `key` is ours and goes with the refund so that it can be found by it.

        Raises Unavailable (nothing happened, a retry is safe), OutcomeUnknown (it may have happened:
        reconcile by find_refund, never retry blindly), ProviderRejected (final).
        """
        ...

    async def find_refund(self, key: str) -> ProviderRefund | None:
        """The refund made under our key, or None when the provider has none. Raises Unavailable."""
        ...


class Bot(Protocol):
    async def answer(self, turn: Turn) -> Answer:
        """The same message_id in the same session again gives the first answer again. Raises Unavailable."""
        ...

    async def health(self) -> None:
        """Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """`to` is an e-mail address or a phone number in E.164 (the embedded mailbox takes both).

    `html` is the same words for clients that show it, "" for none. `unsubscribe` is the address at which a client
    says that no more of these are wanted (RFC 8058), "" for what is sent whatever was chosen, such as codes.
    `template` names what is said and `parameters` are what it was filled in with, as people of the `language`
    write them, for a gateway that has texts of its own.
    """

    to: str
    subject: str
    text: str
    html: str = ""
    unsubscribe: str = ""
    template: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    language: Language = "zh"


class Channel(Protocol):
    """A messaging app in which customers are: how they are written to there.

    Every method may raise Unavailable: nothing happened, and the same again is safe.
    """

    @property
    def manners(self) -> Manners: ...

    async def send(self, to: Sender, item: Words | Picture, *, key: str, code: str = "") -> Sent:
        """One message; `key` (24 hexadecimal digits) keeps a repetition from doubling it where the app can do so.

        `code` is that of a PushKind.ENTER, where this answers it. Raises OutcomeUnknown when it may have arrived.
        """
        ...

    async def notify(self, to: Sender, notice: Notice, *, key: str) -> Sent:
        """Fills in one of the app's own forms, outside of what was granted; raises as send."""
        ...

    async def show_typing(self, to: Sender) -> None:
        """Harmless where the app shows nothing."""
        ...

    async def fetch(self, account: str, media: str) -> Download:
        """A file that a customer sent. Raises Invalid: file_gone, file_too_large (more than 10 MB)."""
        ...

    async def pull(self, account: str, *, cursor: str, token: str) -> Pulled:
        """What happened behind the cursor ("": as far back as the app keeps), for apps of which FETCH comes."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelToken:
    """What a messaging app lets us in with for some hours; another one is to be had from `renew_at` on."""

    token: str
    fetched_at: datetime
    renew_at: datetime


class TokenStore(Protocol):
    """Access tokens to messaging apps by name (120 characters at most), one for all processes.

    Every method may raise Unavailable.
    """

    async def get(self, name: str) -> ChannelToken | None: ...
    async def lease(self, name: str, *, now: datetime, until: datetime) -> bool:
        """Whether the caller may fetch another one now; nobody else may until then, or until it is saved."""
        ...

    async def save(self, name: str, token: ChannelToken, *, until: datetime) -> bool:
        """Ends the lease that was given until then; False, and nothing is written, where it was lost."""
        ...

    async def release(self, name: str, *, until: datetime) -> None:
        """Ends the lease without a token; harmless where it was lost."""
        ...


class Notifier(Protocol):
    async def send(self, mail: Mail, *, key: str) -> None:
        """Delivers at least once; the key lets the receiver drop a repetition.

        Raises Unavailable, and ProviderRejected for what will never arrive: "recipient", "message" or "no_sms".
        """
        ...


class Texts(Protocol):
    """The words of data/responses, for what is said outside a bot turn."""

    def render(self, response: str, language: Language, **parameters: Any) -> str:
        """Raises KeyError when there is no such response or a placeholder has no parameter."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeCode:
    """A code that proves a guest. `code_hash` is None where nobody was found: such a code can never be met."""

    conversation_id: str
    code_hash: str | None
    customer_id: str | None
    tries_left: int
    created_at: datetime
    expires_at: datetime


CodeStep = Literal["start", "confirm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A chat session of one client; the token itself is never stored, only its hash."""

    token_hash: str
    conversation_id: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of a customer. `path` is relative to the attachment folder; `sha256` of the stored bytes."""

    id: str
    conversation_id: str
    name: str
    media_type: str
    size: int
    sha256: str
    path: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """Something to do after commit, at least once. `kind` names the handler, `key` is unique."""

    id: int
    kind: str
    key: str
    payload: dict[str, Any]
    attempts: int
    due_at: datetime


class ConversationRepository(Protocol):
    async def add(self, conversation: Conversation) -> None: ...
    async def get(self, conversation_id: str) -> Conversation:
        """Raises NotFound."""
        ...

    async def lock(self, conversation_id: str) -> Conversation:
        """As get, and holds the row for writing until the transaction ends."""
        ...

    async def try_lock(self, conversation_id: str) -> Conversation | None:
        """As lock, without waiting: None when somebody else holds it, or there is none."""
        ...

    async def save(self, conversation: Conversation) -> None: ...
    async def unanswered(self, *, before: datetime, limit: int) -> Sequence[str]:
        """Ids of conversations of the bot with a customer message that was left unanswered since `before`."""
        ...

    async def take_lease(self, conversation_id: str, *, by: str, now: datetime, until: datetime) -> bool:
        """Whether `by` may ask the bot until `until`: not while another holds an unexpired lease."""
        ...

    async def release_lease(self, conversation_id: str, *, by: str) -> None: ...
    async def latest(self, conversation_ids: Iterable[str]) -> Mapping[str, int]:
        """last_seq of each of these conversations; unknown ids are left out."""
        ...

    async def by_ids(self, conversation_ids: Collection[str]) -> Mapping[str, Conversation]:
        """Unknown ids are left out."""
        ...

    async def of_customer(self, customer_id: str, *, limit: int) -> Sequence[Conversation]:
        """What a customer who has proven it took part in, the one used last first."""
        ...

    async def page(self, wanted: Wanted, *, after: Mark | None, limit: int) -> Sequence[Conversation]:
        """By birth and id, from behind `after`."""
        ...


class MessageRepository(Protocol):
    async def add(self, message: Message) -> None: ...
    async def after(self, conversation_id: str, seq: int, *, limit: int = 200) -> Sequence[Message]: ...
    async def next_of_customer(self, conversation_id: str, seq: int) -> Message | None:
        """The customer's first message with a higher number."""
        ...

    async def asked_last(self, conversation_ids: Collection[str]) -> Mapping[str, Message]:
        """The customer's newest message of each conversation; those without one are left out."""
        ...

    async def answered_last(self, conversation_ids: Collection[str]) -> Mapping[str, int]:
        """The number of the newest message that an agent wrote, of each; those without one are left out."""
        ...

    async def search(self, words: str, *, limit: int) -> Sequence[Message]:
        """Messages whose text holds the words, whatever the case of Latin letters; newest first."""
        ...

    async def of_customer(self, customer_id: str, *, but: str, before: datetime, limit: int) -> Sequence[Message]:
        """What was said in the customer's talks but one, newest first."""
        ...

    async def last_of_bot(self, conversation_id: str, *, before: datetime) -> Message | None:
        """The newest answer of the bot up to that moment."""
        ...

    async def by_client_id(
        self, conversation_id: str, client_message_id: str, *, author: Author = "customer"
    ) -> Message | None:
        """Ids are told apart by author: a customer cannot take the id of a message of the bot."""
        ...

    async def remove_all(self, conversation_id: str) -> None:
        """All that was said; numbers are not given again."""
        ...

    async def offers(self, conversation_id: str, value: str) -> str | None:
        """The title under which this choice value was offered lately in the conversation, or None."""
        ...


class SessionRepository(Protocol):
    async def add(self, session: Session) -> None: ...
    async def get(self, token_hash: str) -> Session | None: ...
    async def remove(self, token_hash: str) -> None: ...
    async def is_open(self, conversation_id: str, *, now: datetime) -> bool:
        """Whether the conversation has an unexpired session."""
        ...

    async def shorten(self, conversation_id: str, *, expires_at: datetime) -> None:
        """Lets the conversation's sessions end at `expires_at` at the latest."""
        ...

    async def forget_expired(self, *, now: datetime) -> None: ...
    async def use_token_id(self, token_id: str, expires_at: datetime) -> bool:
        """Notes that a site token was used; False when it had been used before."""
        ...


class CodeRepository(Protocol):
    async def replace(self, code: OneTimeCode) -> None: ...
    async def get(self, conversation_id: str) -> OneTimeCode | None: ...
    async def remove(self, conversation_id: str) -> None: ...
    async def issued_since(self, subject: str, since: datetime) -> int:
        """How many codes were asked for under this subject (a hash of the contact) since then.

        Holds the subject until the transaction ends.
        """
        ...

    async def note_issued(self, subject: str, at: datetime) -> None: ...
    async def outcome_of(self, conversation_id: str, *, message_id: str, step: CodeStep) -> str | None:
        """What this step came to when the message was dealt with before; None for the first time."""
        ...

    async def note_outcome(
        self, conversation_id: str, *, message_id: str, step: CodeStep, outcome: str, at: datetime
    ) -> None:
        """Once per message and step. The caller holds the lock of the conversation."""
        ...

    async def forget_expired(self, *, now: datetime, requests_before: datetime) -> None: ...


class AttachmentRepository(Protocol):
    async def add(self, attachment: Attachment) -> None: ...
    async def get(self, attachment_id: str) -> Attachment:
        """Raises NotFound."""
        ...

    async def count_of(self, conversation_id: str, *, since: datetime) -> int: ...
    async def remove_unused(self, conversation_id: str) -> Sequence[Attachment]:
        """Removes the conversation's files that no return or case rests on, and what is known of them; which."""
        ...


class ReturnRepository(Protocol):
    async def add(self, item: Return) -> None: ...
    async def save(self, item: Return) -> None: ...
    async def assess(self, item: Return) -> None:
        """Writes the conditions of its lines and what they leave of the amounts; nothing else of it."""
        ...

    async def get(self, return_id: str) -> Return: ...
    async def lock(self, return_id: str) -> Return: ...
    async def lock_order(self, order_id: str) -> None:
        """Holds a lock on the order until the transaction ends, so that its units are counted one by one."""
        ...

    async def by_number(self, number: str) -> Return:
        """Raises NotFound."""
        ...

    async def by_key(self, key: str) -> Return | None: ...
    async def by_ids(self, return_ids: Collection[str]) -> Sequence[Return]:
        """In no order; unknown ids are left out."""
        ...

    async def of_order(self, order_id: str) -> Sequence[Return]: ...
    async def of_customer(self, customer_id: str, *, limit: int = 50) -> Sequence[Return]:
        """Newest first."""
        ...

    async def latest(self, *, limit: int = 100) -> Sequence[Return]:
        """Of all customers, newest first."""
        ...

    async def in_state(self, states: Sequence[ReturnState], *, limit: int = 100) -> Sequence[Return]: ...
    async def waiting_for_shop(self, *, before: datetime, limit: int = 50) -> Sequence[Return]:
        """Returns whose next step the shop has to confirm, untouched since `before`, oldest first.

        Requested ones that no person has to decide, approved ones, and received ones.
        """
        ...

    async def page(self, wanted: Wanted, *, after: Mark | None, limit: int) -> Sequence[Return]:
        """By birth and id, from behind `after`."""
        ...


class ChangeRepository(Protocol):
    async def add(self, change: Change) -> None:
        """Raises Conflict when the number or the key is taken; the transaction stays usable."""
        ...

    async def save(self, change: Change) -> None: ...
    async def get(self, change_id: str) -> Change:
        """Raises NotFound."""
        ...

    async def lock(self, change_id: str) -> Change:
        """As get, and holds the row for writing until the transaction ends."""
        ...

    async def by_number(self, number: str) -> Change:
        """Raises NotFound."""
        ...

    async def by_key(self, key: str) -> Change | None: ...
    async def of_order(self, order_id: str) -> Sequence[Change]:
        """Oldest first."""
        ...

    async def of_customer(self, customer_id: str, *, limit: int = 50) -> Sequence[Change]:
        """Newest first."""
        ...

    async def latest(self, *, limit: int = 100) -> Sequence[Change]:
        """Of all customers, newest first."""
        ...

    async def waiting_for_shop(self, *, before: datetime, limit: int = 50) -> Sequence[Change]:
        """Requested ones untouched since `before`, oldest first."""
        ...


class RefundRepository(Protocol):
    async def add(self, refund: Refund) -> None: ...
    async def save(self, refund: Refund) -> None: ...
    async def get(self, refund_id: str) -> Refund: ...
    async def lock(self, refund_id: str) -> Refund: ...
    async def by_key(self, key: str) -> Refund | None: ...
    async def lock_payment(self, payment_id: str) -> None:
        """Holds a lock on the payment until the transaction ends, so that reservations are counted one by one."""
        ...

    async def of_payment(self, payment_id: str) -> Sequence[Refund]: ...
    async def lock_cause(self, cause_id: str) -> None:
        """Holds a lock on all refunds of one cause until the transaction ends."""
        ...

    async def of_cause(self, cause_id: str) -> Sequence[Refund]: ...
    async def of_order(self, order_number: str, *, limit: int = 100) -> Sequence[Refund]:
        """Oldest first."""
        ...

    async def of_customer(
        self, customer_id: str, *, states: Collection[RefundState], limit: int
    ) -> Sequence[Refund]:
        """Those in these states, newest first."""
        ...

    async def walk(self, scope: Scope, *, after: Refund | None, limit: int) -> Sequence[Refund]:
        """Those that are meant, by the time at which they were granted and by id, from the one behind `after`."""
        ...

    async def disputed(self, *, limit: int = 100) -> Sequence[Refund]:
        """Refunds about which domain.refund_disputes.is_disputed holds, oldest first."""
        ...

    async def due(self, states: Sequence[RefundState], *, now: datetime, limit: int = 50) -> Sequence[Refund]:
        """Refunds in these states for which domain.refunds.is_waiting does not hold, oldest first."""
        ...

    async def page(self, wanted: Wanted, *, after: Mark | None, limit: int) -> Sequence[Refund]:
        """By birth and id, from behind `after`."""
        ...


class AdjustmentRepository(Protocol):
    async def add(self, item: Adjustment) -> None:
        """Raises Conflict when the number or the key is taken; the transaction stays usable."""
        ...

    async def lock(self, adjustment_id: str) -> Adjustment:
        """Holds the row for writing until the transaction ends. Raises NotFound."""
        ...

    async def by_number(self, number: str) -> Adjustment:
        """Raises NotFound."""
        ...

    async def by_key(self, key: str) -> Adjustment | None: ...
    async def of_order(self, order_id: str) -> Sequence[Adjustment]:
        """Oldest first."""
        ...


Pressing = Literal["overdue", "soon"]


class CaseRepository(Protocol):
    async def add(self, case: Case) -> None: ...
    async def save(self, case: Case) -> None: ...
    async def by_key(self, key: str) -> Case | None: ...
    async def by_number(self, number: str) -> Case:
        """Raises NotFound."""
        ...

    async def get(self, case_id: str) -> Case:
        """Raises NotFound."""
        ...

    async def lock(self, number: str) -> Case:
        """As by_number, and holds the row for writing until the transaction ends."""
        ...

    async def open_of(self, conversation_id: str) -> Sequence[Case]: ...
    async def merged_into(self, number: str) -> Sequence[Case]:
        """Its duplicates, oldest first."""
        ...

    async def of(self, *, conversation_id: str, customer_id: str | None, limit: int = 20) -> Sequence[Case]:
        """The customer's cases, and those filed in this conversation by nobody known; newest first."""
        ...

    async def open(
        self, *, limit: int = 100, pressing: Pressing | None = None, now: datetime | None = None
    ) -> Sequence[Case]:
        """As domain.case_clocks.due_at puts them, what is due by no time last; `pressing`: at `now`."""
        ...

    async def with_clock_due(self, *, now: datetime, limit: int = 100) -> Sequence[Case]:
        """Cases of which domain.case_clocks.notices tells something."""
        ...

    async def add_note(self, note: CaseNote) -> bool:
        """False when a note of this key is there already."""
        ...

    async def notes(self, case_id: str) -> Sequence[CaseNote]:
        """Oldest first."""
        ...

    async def page(self, wanted: Wanted, *, after: Mark | None, limit: int) -> Sequence[Case]:
        """By birth and id, from behind `after`."""
        ...


@dataclass(frozen=True, slots=True)
class Ratings:
    """How many ratings there are, and their sum."""

    count: int
    total: int


class FeedbackRepository(Protocol):
    async def add(self, item: Feedback) -> bool:
        """False when the key is there already."""
        ...

    async def by_key(self, key: str) -> Feedback | None: ...
    async def newest(self, *, limit: int = 100) -> Sequence[Feedback]: ...
    async def latest_of(self, conversation_id: str, *, since: datetime) -> Feedback | None: ...
    async def complete(self, feedback_id: str, *, rating: int, comment: str) -> None:
        """Gives words that came without a rating theirs."""
        ...

    async def forget_words(self, conversation_id: str) -> None:
        """Keeps the ratings, and forgets what the customer wrote to them."""
        ...

    async def ratings(self, *, since: datetime) -> Ratings: ...


class JournalRepository(Protocol):
    async def add(self, entry: Entry) -> None: ...
    async def of(self, subject: str, subject_id: str) -> Sequence[Entry]: ...
    async def of_each(self, subject: str, subject_ids: Collection[str]) -> Mapping[str, Sequence[Entry]]:
        """By id, oldest first; ids without entries are left out."""
        ...


class SealRepository(Protocol):
    """The chain over the journal."""

    async def last(self) -> Seal | None: ...
    async def unsealed(self, *, limit: int) -> Sequence[tuple[int, Entry]]: ...
    async def count_unsealed(self, *, before: datetime) -> int: ...

    async def add(self, seals: Sequence[Seal], *, at: datetime) -> None:
        """Raises Conflict when somebody else has sealed meanwhile."""
        ...

    async def walk(self, *, after: int, limit: int) -> Sequence[tuple[Seal, Entry | None]]:
        """Seals in their order with what they seal (None when it is gone), from the one behind `after`."""
        ...


class AccountRepository(Protocol):
    """The people at the desk."""

    async def add(self, account: Account) -> bool:
        """False when the name is taken."""
        ...

    async def any(self) -> bool: ...
    async def all(self) -> Sequence[Account]:
        """By name."""
        ...

    async def by_name(self, name: str) -> Account | None: ...
    async def get(self, account_id: str) -> Account:
        """Raises NotFound."""
        ...

    async def lock(self, account_id: str) -> Account:
        """As get, and holds the row for writing until the transaction ends."""
        ...

    async def save(self, account: Account) -> None: ...


class IdentityRepository(Protocol):
    """Which identities of a provider open which accounts."""

    async def add(self, link: IdentityLink) -> bool:
        """False when the subject has an account at this issuer."""
        ...

    async def of(self, issuer: str, subject: str) -> IdentityLink | None: ...

    async def invitation(self, issuer: str, email: str) -> IdentityLink | None:
        """The oldest that nobody has accepted; `email` in small letters. Holds it for writing."""
        ...

    async def accept(self, link: IdentityLink, subject: str) -> None: ...

    async def of_account(self, account_id: str) -> Sequence[IdentityLink]: ...

    async def remove_of(self, account_id: str) -> int:
        """How many there were."""
        ...


class IdentityProvider(Protocol):
    """Where the shop's people prove who they are (OpenID Connect, authorization code flow with PKCE)."""

    async def address(self, *, state: str, nonce: str, challenge: str, back: str) -> str:
        """Where the browser goes to; `challenge` is S256 of the verifier, `back` our own address.

        Raises Unavailable.
        """
        ...

    async def identify(self, *, code: str, verifier: str, nonce: str, back: str) -> Identity:
        """Who came back with this code, which works once.

        Raises Unavailable, and Forbidden for what is not right.
        """
        ...


class ApiKeyRepository(Protocol):
    """Keys of programs."""

    async def add(self, key: ApiKey) -> bool:
        """False when the prefix is taken."""
        ...

    async def all(self) -> Sequence[ApiKey]:
        """Oldest first."""
        ...

    async def by_prefix(self, prefix: str) -> ApiKey | None: ...
    async def lock(self, prefix: str) -> ApiKey:
        """As by_prefix, and holds the row for writing until the transaction ends. Raises NotFound."""
        ...

    async def revoke(self, key_id: str, *, at: datetime) -> None: ...
    async def note_use(self, key_id: str, *, at: datetime, unless_after: datetime) -> None:
        """Notes that it was used, unless a use after `unless_after` is noted already."""
        ...


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What a request of a program was answered; `status` None while it is being worked on. `body` is encrypted."""

    request_hash: str
    status: int | None
    body: str | None
    at: datetime


class IdempotencyRepository(Protocol):
    """Requests that programs have named, so that each is done once."""

    async def begin(self, caller: str, key_hash: str, *, request_hash: str, at: datetime) -> bool:
        """False when the caller has used the key before."""
        ...

    async def lock(self, caller: str, key_hash: str) -> StoredAnswer | None:
        """Holds the row for writing until the transaction ends; None when it is gone."""
        ...

    async def restart(self, caller: str, key_hash: str, *, at: datetime) -> None: ...
    async def finish(self, caller: str, key_hash: str, *, status: int, body: str) -> None: ...
    async def remove(self, caller: str, key_hash: str) -> None: ...
    async def forget(self, *, before: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class Reception:
    """How an endpoint took a delivery: with an HTTP status, or not at all, and why (`failure`, a word)."""

    status: int | None = None
    failure: str | None = None

    @property
    def is_success(self) -> bool:
        return self.failure is None and self.status is not None and 200 <= self.status < 300


class WebhookSender(Protocol):
    async def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Reception:
        """Sends it once. Follows nowhere, raises nothing that the network does."""
        ...


class WebhookRepository(Protocol):
    """Endpoints of the merchant's systems, and what is on its way to them."""

    async def add(self, endpoint: Endpoint) -> None: ...
    async def save(self, endpoint: Endpoint) -> None:
        """Writes all of it. The caller holds its lock."""
        ...

    async def remove(self, endpoint_id: str) -> None:
        """With all that was on its way to it."""
        ...

    async def all(self) -> Sequence[Endpoint]:
        """Oldest first."""
        ...

    async def with_due(self, *, now: datetime) -> Sequence[Endpoint]:
        """Those that are on, and to which something is to be sent now."""
        ...

    async def get(self, endpoint_id: str) -> Endpoint:
        """Raises NotFound."""
        ...

    async def lock(self, endpoint_id: str) -> Endpoint:
        """As get, and holds the row for writing until the transaction ends."""
        ...

    async def try_lock(self, endpoint_id: str) -> Endpoint | None:
        """As lock, without waiting: None when somebody else holds the row, or there is none."""
        ...

    async def rank(self, subject: str, subject_id: str, *, entry_id: int) -> int:
        """The how-many-eth entry of its subject in the journal this one is, from 1."""
        ...

    async def position_before(self, at: datetime) -> int | None:
        """That of the last seal before those of what happened at `at` or later; None where nothing did."""
        ...

    async def add_delivery(self, delivery: WebhookDelivery) -> None:
        """Its id is given by the store."""
        ...

    async def claim(
        self, endpoint_id: str, *, now: datetime, limit: int, lease: timedelta
    ) -> Sequence[WebhookDelivery]:
        """What is due, oldest first, of each lane only the first that waits; taken until the lease ends."""
        ...

    async def settle(self, delivery: WebhookDelivery) -> bool:
        """Writes what an attempt came to; False when the lease is over and somebody else tries it by now."""
        ...

    async def deliveries_of(
        self, endpoint_id: str, *, before: int | None, state: DeliveryState | None, limit: int
    ) -> Sequence[WebhookDelivery]:
        """Newest first, older than the one of the id `before`."""
        ...

    async def forget(self, *, before: datetime) -> None:
        """Removes what was settled before that."""
        ...


class AgentSessionRepository(Protocol):
    """Who is signed in at the desk."""

    async def add(self, session: AgentSession) -> None: ...
    async def get(self, token_hash: str) -> AgentSession | None: ...
    async def touch(self, token_hash: str, *, seen_at: datetime) -> None: ...
    async def remove(self, token_hash: str) -> None: ...
    async def remove_of(self, account_id: str) -> int:
        """Signs an account out everywhere; how many sessions there were."""
        ...

    async def forget_ended(self, *, now: datetime, idle_since: datetime) -> None: ...


class PeopleDesk(Protocol):
    """A desk elsewhere at which a shop's people answer, instead of our own.

    Every method may raise Unavailable, and ProviderRejected where that desk refuses: both may mend.
    """

    async def is_open(self) -> bool:
        """Whether its people are there by its office hours, as of the last minute."""
        ...

    async def begin(self, packet: OutsidePacket, *, key: str) -> str:
        """Opens a talk there, with the note; gives its id there. The same key again finds the same talk."""
        ...

    async def find(self, conversation_id: str, *, key: str) -> str | None:
        """The talk that was opened for this conversation under this key, if it was."""
        ...

    async def read(self, outside_id: str, *, after: int) -> OutsideNews:
        """How it stands, and what was written behind the message `after`. Raises NotFound where it was deleted.

        What people there write for each other is never among it.
        """
        ...

    async def tell(
        self, outside_id: str, text: str, *, key: str, files: Sequence[tuple[Attachment, bytes]] = ()
    ) -> None:
        """The customer's words. Whoever repeats it looks for the key in what was read. Raises NotFound."""
        ...

    async def note(self, outside_id: str, text: str, *, key: str) -> None:
        """For its people alone; as tell."""
        ...

    async def fetch(self, file: OutsideFile) -> bytes:
        """A file that was sent to the customer. Raises Invalid for one that is gone or above 10 MB."""
        ...

    async def close(self, outside_id: str) -> None:
        """Harmless when it is closed. Raises NotFound."""
        ...


class HandoverRepository(Protocol):
    """Stays of conversations with people. Every change is made under the lock of the conversation."""

    async def add(self, handover: Handover) -> None: ...
    async def save(self, handover: Handover) -> None: ...
    async def current(self, conversation_id: str) -> Handover:
        """The one that has not ended. Raises NotFound."""
        ...

    async def of(self, conversation_id: str) -> Sequence[Handover]:
        """Newest first."""
        ...

    async def waiting(self, *, limit: int = 1000) -> Sequence[Handover]:
        """In the order in which they come next."""
        ...

    async def count_before(self, handover: Handover) -> int:
        """How many of those that wait in its language come before it."""
        ...

    async def claimed(self, *, agent_id: str | None = None) -> Sequence[Handover]:
        """What agents hold, or one of them holds, longest first."""
        ...

    async def loads(self) -> Mapping[str, int]:
        """How many chats each agent holds; who holds none is left out."""
        ...

    async def handling(self, *, since: datetime) -> timedelta | None:
        """How long the last 50 talks with people that ended since then took on average; None without any."""
        ...


class OutsideTalkRepository(Protocol):
    """Talks that people answer at a desk elsewhere, each with one worker at a time."""

    async def add(self, talk: OutsideTalk) -> None: ...
    async def get(self, handover_id: str) -> OutsideTalk:
        """Raises NotFound."""
        ...

    async def open_ids(self) -> Collection[str]:
        """The hand-overs that a desk elsewhere has."""
        ...

    async def claim(self, *, now: datetime, limit: int, lease: timedelta) -> Sequence[OutsideTalk]:
        """What is due and nobody is at, taken for this worker until the lease ends."""
        ...

    async def save(self, talk: OutsideTalk) -> None:
        """Writes all but when it is due."""
        ...

    async def release(self, talk: OutsideTalk, *, due_at: datetime | None) -> None:
        """Lets go of it; it is due at that time, unless it was woken since it was claimed."""
        ...

    async def wake(self, conversation_id: str, *, at: datetime) -> None:
        """There is something to do; harmless where no talk is under way. A failing desk keeps its pauses."""
        ...

    async def wake_outside(self, outside_id: str, *, at: datetime) -> bool:
        """As wake, by the id there, also where the talk is over here; whether there is such a talk."""
        ...


class ChatNoteRepository(Protocol):
    """Agents' private notes on conversations."""

    async def add(self, note: ChatNote) -> bool:
        """False when its key is there already."""
        ...

    async def of(self, conversation_id: str) -> Sequence[ChatNote]:
        """Oldest first."""
        ...

    async def remove_all(self, conversation_id: str) -> None: ...


class TalkSignsRepository(Protocol):
    async def of(self, conversation_id: str) -> TalkSigns:
        """Empty ones for a talk without any."""
        ...

    async def note(self, conversation_id: str, **signs: datetime | int) -> None:
        """Writes these fields of TalkSigns, and leaves the others."""
        ...


class SeatRepository(Protocol):
    async def get(self, account_id: str) -> Seat | None: ...
    async def all(self) -> Sequence[Seat]: ...
    async def save(self, seat: Seat) -> None:
        """Writes it, whether it was there or not."""
        ...

    async def touch(self, account_id: str, *, seen_at: datetime) -> None:
        """Harmless where there is no such seat."""
        ...


class CannedAnswerRepository(Protocol):
    async def all(self) -> Sequence[CannedAnswer]:
        """By name."""
        ...

    async def add(self, answer: CannedAnswer) -> None:
        """Raises Conflict when the name is taken."""
        ...

    async def save(self, answer: CannedAnswer) -> bool:
        """False when it is gone. The name never changes."""
        ...

    async def remove(self, answer_id: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A customer's picture; `hash` as in domain.photos."""

    attachment_id: str
    conversation_id: str
    hash: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPhoto:
    """A picture that came before, and whose."""

    attachment_id: str
    customer_id: str
    at: datetime


class PhotoRepository(Protocol):
    async def add(self, photo: Photo) -> None: ...
    async def of_conversation(self, conversation_id: str) -> Sequence[Photo]: ...
    async def like(self, photo: Photo, *, bits: int, since: datetime) -> Sequence[SeenPhoto]:
        """Known customers' pictures of other talks that differ in `bits` (0 to 3) at most, newest first."""
        ...


class ReviewRepository(Protocol):
    """What refunds are reviewed by, and who has decided what about them."""

    async def add(self, refund_id: str, grounds: Grounds, *, at: datetime) -> None: ...
    async def grounds(self, refund_id: str) -> Grounds:
        """Empty ones for a refund of which nothing was noted."""
        ...

    async def add_approval(self, approval: Approval) -> bool:
        """False when this account has done that in this round already; the transaction stays usable."""
        ...

    async def approvals(self, refund_ids: Collection[str]) -> Sequence[Approval]:
        """Of all these refunds, oldest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersion:
    """A returns policy in the text of its file, from when on it is in force, and when that was noted."""

    version: str
    text: str
    valid_from: datetime
    noted_at: datetime


class PolicyRepository(Protocol):
    """Which returns policies were put in force; the same version may come back."""

    async def lock(self) -> None:
        """Holds a lock until the transaction ends, so that two that start do not both note the same one."""
        ...

    async def add(self, noted: PolicyVersion) -> None: ...
    async def all(self) -> Sequence[PolicyVersion]:
        """In the order in which they were noted."""
        ...

    async def count(self) -> int:
        """How many were noted by now: they are only ever added to."""
        ...


Standing = Literal["open", "soon", "broken"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How many promises were kept in time, kept late, and not kept so far though they were due."""

    in_time: int
    late: int
    not_kept: int


class PromiseRepository(Protocol):
    """What customers were promised. Open: neither kept nor released."""

    async def add(self, promise: Promise) -> bool:
        """False when one of this key is there already."""
        ...

    async def save(self, promise: Promise) -> None:
        """Writes what changes in a promise's life; what was promised never does, only how words were read."""
        ...

    async def get(self, promise_id: str) -> Promise:
        """Raises NotFound."""
        ...

    async def lock(self, promise_id: str) -> Promise:
        """Holds the row for writing until the transaction ends. Raises NotFound."""
        ...

    async def of(self, subject_id: str) -> Sequence[Promise]:
        """Oldest first, whatever became of them."""
        ...

    async def open_of(self, subject_id: str) -> Sequence[Promise]:
        """Holds them for writing until the transaction ends."""
        ...

    async def spoken_in(self, conversation_id: str) -> Sequence[Promise]:
        """What agents promised in words in this talk, as it was said, whatever became of it."""
        ...

    async def spoken_to(self, customer_id: str) -> Sequence[Promise]:
        """Open ones that agents promised this customer in words; holds them until the transaction ends."""
        ...

    async def owed_by(self, told_by: str) -> Sequence[Promise]:
        """Open ones of which the desk was warned, those due soonest first; `told_by` as in Promise."""
        ...

    async def pressing(self, *, now: datetime, limit: int) -> Sequence[Promise]:
        """Open ones of which the desk was not yet warned, the customer not yet told, or no breach noted yet."""
        ...

    async def find(self, standing: Standing, *, now: datetime, limit: int = 100) -> Sequence[Promise]:
        """Broken ones: those that are still open first, then the newest; others soonest first."""
        ...

    async def count(self, *, since: datetime) -> Kept:
        """Of those that were due since then."""
        ...


@dataclass(frozen=True, slots=True)
class StoredPush:
    """A push under the number by which it was stored."""

    id: int
    push: Push


class PushRepository(Protocol):
    """What messaging apps told."""

    async def add(self, push: Push, *, at: datetime) -> bool:
        """False for a repetition: a push of this key was stored before for the same account."""
        ...

    async def waiting(self, sender: Sender, *, before: datetime, limit: int) -> Sequence[StoredPush]:
        """What is not done of what had arrived by then, in the sender's order."""
        ...

    async def done(self, push_id: int, *, at: datetime) -> None:
        """Keeps the key, and forgets what the customer said."""
        ...

    async def any_waiting(self, sender: Sender) -> bool:
        """Whether anything is not done, whenever it arrived."""
        ...

    async def forget_sender(self, sender: Sender) -> None:
        """Of what is done, keeps the keys, and forgets who it was."""
        ...

    async def forget(self, *, done_before: datetime) -> None: ...


class ThreadRepository(Protocol):
    """Threads with customers in messaging apps, each with one worker at a time."""

    async def open(self, sender: Sender, *, due_at: datetime) -> None:
        """Makes the thread unless it is there, and has it looked at by then at the latest."""
        ...

    async def get(self, thread_id: str) -> Thread:
        """Raises NotFound."""
        ...

    async def of_sender(self, sender: Sender) -> Thread:
        """Raises NotFound."""
        ...

    async def of_conversation(self, conversation_id: str) -> Thread | None:
        """The thread in which this conversation is held; None on the website."""
        ...

    async def of_customer(self, customer_id: str) -> Sequence[Thread]:
        """The threads in which the customer is known, the one written in last first."""
        ...

    async def any_due(self, *, now: datetime) -> bool:
        """Whether there is something to claim."""
        ...

    async def claim(self, *, now: datetime, limit: int, lease: timedelta) -> Sequence[Thread]:
        """What is due and nobody is at, taken for this worker until the lease ends."""
        ...

    async def release(self, thread: Thread, *, due_at: datetime | None) -> None:
        """Lets go of it; it is due at that time, unless it was woken since it was claimed."""
        ...

    async def note(self, thread_id: str, **fields: Any) -> Thread:
        """Writes these fields alone, whatever else was written meanwhile. Raises NotFound."""
        ...

    async def wake(self, conversation_id: str, *, at: datetime) -> None:
        """There is something to send; harmless where there is no thread. A failing one keeps its pauses."""
        ...

    async def link(self, conversation_id: str, *, customer_id: str | None) -> None:
        """Whoever writes in this conversation's thread is this customer from now on; harmless without a thread."""
        ...

    async def remove(self, thread_id: str) -> None: ...


class DeliveryRepository(Protocol):
    """What was sent to messaging apps."""

    async def save(self, delivery: Delivery) -> None:
        """Writes it, whether it was there or not."""
        ...

    async def get(self, key: str) -> Delivery | None: ...
    async def by_reference(self, thread_id: str, reference: str) -> Delivery | None:
        """What the app knows under this name; None for what is not of this thread."""
        ...

    async def since(self, thread_id: str, seq: int) -> Sequence[Delivery]:
        """What carries messages from this number on, in order."""
        ...


class PreferencesRepository(Protocol):
    async def get(self, customer_id: str) -> Preferences | None:
        """What the customer has chosen; None where nothing was."""
        ...

    async def save(self, preferences: Preferences, *, at: datetime) -> None:
        """Writes them, whether there were any or not."""
        ...


class BounceRepository(Protocol):
    """Addresses that mails came back from, by domain.bounces.address_hash."""

    async def get(self, address_hash: str) -> Bounce | None: ...
    async def lock(self, address_hash: str) -> Bounce | None:
        """As get, and holds the address until the transaction ends."""
        ...

    async def save(self, bounce: Bounce) -> None:
        """Writes it, whether it was there or not."""
        ...

    async def remove(self, address_hash: str) -> None: ...


class LinkCodeRepository(Protocol):
    """Codes that tie a messaging app to an account at the shop."""

    async def add(self, code_hash: str, *, customer_id: str, expires_at: datetime) -> bool:
        """False for a code that is there already: it stays whose it is, and another must be found."""
        ...

    async def take(self, code_hash: str, *, now: datetime) -> str | None:
        """Whose code it is, once; None for one that is unknown, used or too old."""
        ...

    async def forget(self, *, now: datetime) -> None: ...


class OutboxRepository(Protocol):
    async def add(self, *, kind: str, key: str, payload: dict[str, Any], due_at: datetime) -> None:
        """Harmless when the key is there already."""
        ...

    async def claim(
        self, *, now: datetime, limit: int, lease_seconds: int, kind: str | None = None, but: str | None = None
    ) -> Sequence[OutboxItem]:
        """Due items, taken for this worker until the lease ends (SKIP LOCKED where the database has it)."""
        ...

    async def done(self, item_id: int) -> None: ...
    async def postpone(self, item_id: int, *, due_at: datetime) -> None: ...


class UnitOfWork(Protocol):
    """One transaction. Commits on a clean exit of its context, rolls back on an exception."""

    conversations: ConversationRepository
    messages: MessageRepository
    handovers: HandoverRepository
    outside: OutsideTalkRepository
    chat_notes: ChatNoteRepository
    sessions: SessionRepository
    codes: CodeRepository
    attachments: AttachmentRepository
    returns: ReturnRepository
    changes: ChangeRepository
    refunds: RefundRepository
    adjustments: AdjustmentRepository
    cases: CaseRepository
    feedback: FeedbackRepository
    journal: JournalRepository
    seals: SealRepository
    accounts: AccountRepository
    identities: IdentityRepository
    api_keys: ApiKeyRepository
    idempotency: IdempotencyRepository
    webhooks: WebhookRepository
    agent_sessions: AgentSessionRepository
    talk_signs: TalkSignsRepository
    seats: SeatRepository
    canned_answers: CannedAnswerRepository
    reviews: ReviewRepository
    photos: PhotoRepository
    policies: PolicyRepository
    promises: PromiseRepository
    pushes: PushRepository
    threads: ThreadRepository
    deliveries: DeliveryRepository
    preferences: PreferencesRepository
    bounces: BounceRepository
    link_codes: LinkCodeRepository
    outbox: OutboxRepository


class OpenUnitOfWork(Protocol):
    def __call__(self, *, read_only: bool = False) -> AbstractAsyncContextManager[UnitOfWork]:
        """`read_only` waits for no writer and holds none up; nothing may be written in it."""
        ...
