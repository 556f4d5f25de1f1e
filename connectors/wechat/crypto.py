"""The seal on what WeChat and WeCom push: who may have written it, and what it says.

As the vendor's page "message push: encryption" has it (developers.weixin.qq.com/doc/subscription/guide/dev/push/
encryption, and developer.work.weixin.qq.com/document/path/90968 for WeCom): AES-256-CBC, the start vector is the
key's first 16 bytes, PKCS#7 to blocks of 32 bytes, and within 16 random bytes, the length in 4 bytes (big endian),
the message, and the id of the account it is for. Signatures are SHA-1 over the sorted parts, one behind the other.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from dataclasses import dataclass
from hashlib import sha1

from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

_BLOCK = 16
_PADDED_TO = 32
_RANDOM = 16
_HEAD = _RANDOM + 4
_KEY = re.compile(r"[A-Za-z0-9]{43}", re.ASCII)


class NotGenuine(Exception):
    """Not made for this account by who knows its token and key; which part was wrong is not told."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A sealed message with what its signature covers."""

    encrypt: str
    msg_signature: str
    timestamp: str
    nonce: str


class Cipher:
    """`keys` are EncodingAESKeys, the current one first, then the one before it while a change of keys goes on.

    `receive_id` is the app id, or for WeCom the corporation's id. Raises ValueError for an empty token or id, with
    which anybody could sign, and for a key of another shape.
    """

    def __init__(self, token: str, *, keys: tuple[str, ...], receive_id: str) -> None:
        if not token or not keys or not receive_id:
            raise ValueError("a token, a key and an id are needed")
        self._token = token
        self._keys = tuple(_decode(key) for key in keys)
        self._receive_id = receive_id.encode()

    def check_signature(self, signature: str, *, timestamp: str, nonce: str) -> None:
        """`signature` of a request without a sealed part. It does not cover a body. Raises NotGenuine."""
        self._check(signature, timestamp, nonce)

    def check_msg_signature(self, signature: str, *, timestamp: str, nonce: str, encrypt: str) -> None:
        """`msg_signature`, which covers the sealed part. Raises NotGenuine."""
        self._check(signature, timestamp, nonce, encrypt)

    def decrypt(self, encrypt: str) -> tuple[bytes, int]:
        """The message, and which of the keys has opened it (0 is the current one).

        Its signature is to be checked before. Raises NotGenuine, also for a message to another account.
        """
        try:
            sealed = base64.b64decode(encrypt)
        except ValueError:  # not base64, or not even ASCII
            raise NotGenuine from None
        if not sealed or len(sealed) % _BLOCK:
            raise NotGenuine
        for number, key in enumerate(self._keys):
            message = self._open(sealed, key)
            if message is not None:
                return message, number
        raise NotGenuine

    def encrypt(
        self, message: bytes, *, timestamp: str, nonce: str, random16: bytes | None = None, key: int = 0
    ) -> Envelope:
        """Sealed with the key of that number; `random16` is drawn anew unless given."""
        random = secrets.token_bytes(_RANDOM) if random16 is None else random16
        padder = PKCS7(_PADDED_TO * 8).padder()
        plain = random + len(message).to_bytes(4, "big") + message + self._receive_id
        encryptor = _block_cipher(self._keys[key]).encryptor()
        sealed = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
        encrypt = base64.b64encode(sealed).decode()
        return Envelope(encrypt, self._sign(timestamp, nonce, encrypt), timestamp, nonce)

    def sign(self, *, timestamp: str, nonce: str) -> str:
        """The `signature` that check_signature takes."""
        return self._sign(timestamp, nonce)

    def _check(self, signature: str, *parts: str) -> None:
        given = signature.encode("utf8", "surrogatepass")
        if not hmac.compare_digest(given, self._sign(*parts).encode()):
            raise NotGenuine

    def _sign(self, *parts: str) -> str:
        in_order = sorted(part.encode("utf8", "surrogatepass") for part in (self._token, *parts))
        return sha1(b"".join(in_order), usedforsecurity=False).hexdigest()  # the vendor's choice

    def _open(self, sealed: bytes, key: bytes) -> bytes | None:
        decryptor = _block_cipher(key).decryptor()
        plain = decryptor.update(sealed) + decryptor.finalize()
        padding = plain[-1]
        if not 1 <= padding <= _PADDED_TO or plain[-padding:] != bytes([padding]) * padding:
            return None
        plain = plain[:-padding]
        end = _HEAD + int.from_bytes(plain[_RANDOM:_HEAD], "big")
        return plain[_HEAD:end] if hmac.compare_digest(plain[end:], self._receive_id) else None


def _decode(key: str) -> bytes:
    """The last of the 43 characters carries two bits too many, which a strict decoder would refuse."""
    if not _KEY.fullmatch(key):
        raise ValueError("an EncodingAESKey has 43 letters and digits")
    return base64.b64decode(f"{key}=")


def _block_cipher(key: bytes) -> BlockCipher[modes.CBC]:
    return BlockCipher(algorithms.AES256(key), modes.CBC(key[:_BLOCK]))
