"""The unit of work over SQLAlchemy: one connection, one transaction, one repository per noun."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from aftersales.ports import (
    AccountRepository,
    AdjustmentRepository,
    AgentSessionRepository,
    ApiKeyRepository,
    AttachmentRepository,
    BounceRepository,
    CannedAnswerRepository,
    CaseRepository,
    ChangeRepository,
    ChatNoteRepository,
    CodeRepository,
    ConversationRepository,
    DeliveryRepository,
    FeedbackRepository,
    HandoverRepository,
    IdempotencyRepository,
    IdentityRepository,
    JournalRepository,
    LinkCodeRepository,
    MessageRepository,
    OutboxRepository,
    OutsideTalkRepository,
    PhotoRepository,
    PolicyRepository,
    PreferencesRepository,
    PromiseRepository,
    PushRepository,
    RefundRepository,
    ReturnRepository,
    ReviewRepository,
    SealRepository,
    SeatRepository,
    SessionRepository,
    TalkSignsRepository,
    ThreadRepository,
    UnitOfWork,
    WebhookRepository,
)
from aftersales.stores.accounts import SqlAccounts
from aftersales.stores.adjustments import SqlAdjustments
from aftersales.stores.agent_sessions import SqlAgentSessions
from aftersales.stores.api_keys import SqlApiKeys
from aftersales.stores.attachments import SqlAttachments
from aftersales.stores.base import for_reading
from aftersales.stores.bounces import SqlBounces
from aftersales.stores.canned_answers import SqlCannedAnswers
from aftersales.stores.cases import SqlCases
from aftersales.stores.changes import SqlChanges
from aftersales.stores.chat_notes import SqlChatNotes
from aftersales.stores.codes import SqlCodes
from aftersales.stores.conversations import SqlConversations
from aftersales.stores.deliveries import SqlDeliveries
from aftersales.stores.feedback import SqlFeedback
from aftersales.stores.handovers import SqlHandovers
from aftersales.stores.idempotency import SqlIdempotency
from aftersales.stores.identities import SqlIdentities
from aftersales.stores.journal import SqlJournal
from aftersales.stores.link_codes import SqlLinkCodes
from aftersales.stores.messages import SqlMessages
from aftersales.stores.outbox import SqlOutbox
from aftersales.stores.outside import SqlOutsideTalks
from aftersales.stores.photos import SqlPhotos
from aftersales.stores.policies import SqlPolicies
from aftersales.stores.preferences import SqlPreferences
from aftersales.stores.promises import SqlPromises
from aftersales.stores.pushes import SqlPushes
from aftersales.stores.refunds import SqlRefunds
from aftersales.stores.returns import SqlReturns
from aftersales.stores.reviews import SqlReviews
from aftersales.stores.seals import SqlSeals
from aftersales.stores.seats import SqlSeats
from aftersales.stores.sessions import SqlSessions
from aftersales.stores.talk_signs import SqlTalkSigns
from aftersales.stores.threads import SqlThreads
from aftersales.stores.webhooks import SqlWebhooks


class SqlUnitOfWork:
    """Commits on a clean exit, rolls back on an exception."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.conversations: ConversationRepository = SqlConversations(connection)
        self.messages: MessageRepository = SqlMessages(connection)
        self.handovers: HandoverRepository = SqlHandovers(connection)
        self.outside: OutsideTalkRepository = SqlOutsideTalks(connection)
        self.chat_notes: ChatNoteRepository = SqlChatNotes(connection)
        self.sessions: SessionRepository = SqlSessions(connection)
        self.codes: CodeRepository = SqlCodes(connection)
        self.attachments: AttachmentRepository = SqlAttachments(connection)
        self.returns: ReturnRepository = SqlReturns(connection)
        self.changes: ChangeRepository = SqlChanges(connection)
        self.refunds: RefundRepository = SqlRefunds(connection)
        self.adjustments: AdjustmentRepository = SqlAdjustments(connection)
        self.cases: CaseRepository = SqlCases(connection)
        self.feedback: FeedbackRepository = SqlFeedback(connection)
        self.journal: JournalRepository = SqlJournal(connection)
        self.seals: SealRepository = SqlSeals(connection)
        self.accounts: AccountRepository = SqlAccounts(connection)
        self.identities: IdentityRepository = SqlIdentities(connection)
        self.api_keys: ApiKeyRepository = SqlApiKeys(connection)
        self.idempotency: IdempotencyRepository = SqlIdempotency(connection)
        self.webhooks: WebhookRepository = SqlWebhooks(connection)
        self.agent_sessions: AgentSessionRepository = SqlAgentSessions(connection)
        self.talk_signs: TalkSignsRepository = SqlTalkSigns(connection)
        self.seats: SeatRepository = SqlSeats(connection)
        self.canned_answers: CannedAnswerRepository = SqlCannedAnswers(connection)
        self.reviews: ReviewRepository = SqlReviews(connection)
        self.photos: PhotoRepository = SqlPhotos(connection)
        self.policies: PolicyRepository = SqlPolicies(connection)
        self.promises: PromiseRepository = SqlPromises(connection)
        self.pushes: PushRepository = SqlPushes(connection)
        self.threads: ThreadRepository = SqlThreads(connection)
        self.deliveries: DeliveryRepository = SqlDeliveries(connection)
        self.preferences: PreferencesRepository = SqlPreferences(connection)
        self.bounces: BounceRepository = SqlBounces(connection)
        self.link_codes: LinkCodeRepository = SqlLinkCodes(connection)
        self.outbox: OutboxRepository = SqlOutbox(connection)


class SqlUnitOfWorkFactory:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reading = for_reading(engine)

    def __call__(self, *, read_only: bool = False) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._open(self._reading if read_only else self._engine)

    @asynccontextmanager
    async def _open(self, engine: AsyncEngine) -> AsyncIterator[UnitOfWork]:
        async with engine.begin() as connection:
            yield SqlUnitOfWork(connection)
