"""Worked examples of the seal: some of the vendor's own pages, the others made with wechatpy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from connectors.wechat.crypto import Cipher

SETS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "fixtures" / "vectors.json").read_text(encoding="utf8")
)["sets"]


def cipher_of(vector: dict[str, Any], **changed: Any) -> Cipher:
    values = {"token": vector["token"], "keys": (vector["encoding_aes_key"],), "receive_id": vector["receive_id"]}
    return Cipher(**{**values, **changed})
