"""Accounts of the people at the desk in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, Select, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.accounts import Account, Role
from aftersales.domain.errors import NotFound
from aftersales.domain.money import Money
from aftersales.stores.inserts import insert_new
from aftersales.stores.schema.accounts import accounts


class SqlAccounts:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, account: Account) -> bool:
        """False when the name is taken; the transaction stays usable."""
        values = {
            "id": account.id,
            "name": account.name,
            "created_at": account.created_at,
            **_changing(account),
        }
        return await insert_new(self._connection, accounts, values)

    async def any(self) -> bool:
        return bool(await self._connection.scalar(select(exists().select_from(accounts))))

    async def all(self) -> Sequence[Account]:
        """By name."""
        return await self._read(select(accounts).order_by(accounts.c.name))

    async def by_name(self, name: str) -> Account | None:
        found = await self._read(select(accounts).where(accounts.c.name == name))
        return found[0] if found else None

    async def get(self, account_id: str) -> Account:
        """Raises NotFound."""
        return await self._one(select(accounts).where(accounts.c.id == account_id))

    async def lock(self, account_id: str) -> Account:
        """As get, and holds the row for writing until the transaction ends."""
        return await self._one(select(accounts).where(accounts.c.id == account_id).with_for_update())

    async def save(self, account: Account) -> None:
        """Writes all but id, name and birth, which never change."""
        await self._connection.execute(
            update(accounts).where(accounts.c.id == account.id).values(**_changing(account))
        )

    async def _one(self, query: Select[Any]) -> Account:
        found = await self._read(query)
        if not found:
            raise NotFound("account")
        return found[0]

    async def _read(self, query: Select[Any]) -> list[Account]:
        return [_account(row) for row in (await self._connection.execute(query)).mappings()]


def _changing(account: Account) -> dict[str, Any]:
    return {
        "display_name": account.display_name,
        "language": account.language,
        "role": account.role.value,
        "limits": {currency: limit.minor for currency, limit in account.limits.items()},
        "active": account.active,
        "password_hash": account.password_hash,
        "totp_secret": account.totp_secret,
        "totp_step": account.totp_step,
        "updated_at": account.updated_at,
    }


def _account(row: RowMapping) -> Account:
    limits = {currency: Money(minor, currency) for currency, minor in row["limits"].items()}
    return Account(**{**row, "role": Role(row["role"]), "limits": limits})
