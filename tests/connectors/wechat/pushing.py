"""Pushes as WeChat makes them: written as XML or JSON, sealed, and signed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from xml.sax.saxutils import escape

from connectors.wechat.crypto import Cipher

TOKEN = "tokenOfTheTests"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OLD_AES_KEY = "ABCDEFGabcdefghijklmnopqrstuvwxyz0123456789"
APP_ID = "wx0123456789abcdef"
MINI_APP_ID = "wxfedcba9876543210"

Form = Literal["xml", "json"]
Fields = Mapping[str, Any]


def cipher(app_id: str = APP_ID, *, key: str = AES_KEY, token: str = TOKEN) -> Cipher:
    return Cipher(token, keys=(key,), receive_id=app_id)


def written(fields: Fields, form: Form) -> bytes:
    """A lone surrogate or a control character is written as it is: WeChat does not look at what customers type."""
    if form == "json":
        return json.dumps(fields, ensure_ascii=False).encode("utf8", "surrogatepass")
    return _element("xml", fields).encode("utf8", "surrogatepass")


def sealed(
    message: bytes,
    *,
    at: datetime,
    by: Cipher | None = None,
    form: Form = "xml",
    nonce: str = "415670741",
    openid: str = "oUser",
    readable: Fields | None = None,
) -> tuple[dict[str, str], bytes]:
    """(query, body). `readable` is the copy that the compatible mode has beside the sealed message."""
    sender = by or cipher()
    envelope = sender.encrypt(message, timestamp=str(int(at.timestamp())), nonce=nonce)
    query = {
        "signature": sender.sign(timestamp=envelope.timestamp, nonce=nonce),
        "timestamp": envelope.timestamp,
        "nonce": nonce,
        "openid": openid,
        "encrypt_type": "aes",
        "msg_signature": envelope.msg_signature,
    }
    return query, written({**(readable or {"ToUserName": "gh_x"}), "Encrypt": envelope.encrypt}, form)


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, part) for part in value)
    if isinstance(value, Mapping):
        return f"<{name}>{''.join(_element(below, part) for below, part in value.items())}</{name}>"
    if isinstance(value, str):
        return f"<{name}><![CDATA[{value.replace(']]>', ']]]]><![CDATA[>')}]]></{name}>"
    return f"<{name}>{escape(str(value))}</{name}>"
