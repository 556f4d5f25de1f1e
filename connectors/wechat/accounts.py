"""The shop's accounts at WeChat."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from connectors.wechat.crypto import Cipher


class AccountKind(StrEnum):
    """WeChat has other calls and other limits for each, so each is a channel of its own, by this name."""

    SERVICE = "wechat"  # a service account (服务号)
    MINI = "wechat_mini"  # the customer messages of a mini-program (小程序)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatAccount:
    """`app_id` names the account everywhere; `secret` is its AppSecret."""

    app_id: str
    secret: str = field(repr=False)
    kind: AccountKind = AccountKind.SERVICE


@dataclass(frozen=True, slots=True)
class Gate:
    """What lets pushes to one account in."""

    kind: AccountKind
    cipher: Cipher
