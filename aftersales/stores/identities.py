"""Who may sign in through an identity provider, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.identities import IdentityLink
from aftersales.stores.inserts import insert_new
from aftersales.stores.schema.identities import agent_identities

_T = agent_identities.c
_FIELDS = ("id", "account_id", "issuer", "subject", "email", "by_groups", "created_at")


class SqlIdentities:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, link: IdentityLink) -> bool:
        return await insert_new(
            self._connection, agent_identities, {name: getattr(link, name) for name in _FIELDS}
        )

    async def of(self, issuer: str, subject: str) -> IdentityLink | None:
        return await self._one(select(agent_identities).where(_T.issuer == issuer, _T.subject == subject))

    async def invitation(self, issuer: str, email: str) -> IdentityLink | None:
        query = select(agent_identities).where(_T.issuer == issuer, _T.email == email, _T.subject.is_(None))
        return await self._one(query.order_by(_T.created_at, _T.id).limit(1).with_for_update())

    async def accept(self, link: IdentityLink, subject: str) -> None:
        await self._connection.execute(
            update(agent_identities).where(_T.id == link.id, _T.subject.is_(None)).values(subject=subject)
        )

    async def of_account(self, account_id: str) -> Sequence[IdentityLink]:
        query = select(agent_identities).where(_T.account_id == account_id).order_by(_T.created_at, _T.id)
        return await self._read(query)

    async def remove_of(self, account_id: str) -> int:
        gone = await self._connection.execute(
            delete(agent_identities).where(_T.account_id == account_id).returning(_T.id)
        )
        return len(gone.all())

    async def _one(self, query: Select[Any]) -> IdentityLink | None:
        found = await self._read(query)
        return found[0] if found else None

    async def _read(self, query: Select[Any]) -> list[IdentityLink]:
        rows = (await self._connection.execute(query)).mappings()
        return [IdentityLink(**{name: row[name] for name in _FIELDS}) for row in rows]
