"""The seal on pushes: the vendor's examples, two other implementations, and everything that was not sealed so."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import PrpCrypto, WeChatCrypto
from werobot.crypto import MessageCrypt
from werobot.crypto import PrpCrypto as WeRoBotCrypto

from connectors.wechat.crypto import Cipher, NotGenuine
from tests.connectors.wechat.vectors import SETS, cipher_of

OWN = SETS["own_push_text"]
OTHER_KEY = "ABCDEFGabcdefghijklmnopqrstuvwxyz0123456789"
SEALED = [name for name, vector in SETS.items() if "encrypt" in vector and name != "own_wrong_appid"]
UNSEALED = ["official_url_verify", "official_plain_post", "own_url_verify", "official_safe_push"]
MESSAGES = st.binary(max_size=300)
TEXTS = st.text(max_size=120)


@pytest.mark.parametrize("name", UNSEALED)
def test_the_signature_of_a_request_without_a_sealed_part_is_known(name: str) -> None:
    vector = SETS[name]
    cipher = Cipher(vector["token"], keys=(OTHER_KEY,), receive_id="wx")
    cipher.check_signature(vector["signature"], timestamp=vector["timestamp"], nonce=vector["nonce"])
    assert cipher.sign(timestamp=vector["timestamp"], nonce=vector["nonce"]) == vector["signature"]
    with pytest.raises(NotGenuine):
        cipher.check_signature(vector["signature"], timestamp=vector["timestamp"], nonce="1")


@pytest.mark.parametrize("name", SEALED)
def test_a_sealed_message_is_signed_and_opened(name: str) -> None:
    vector = SETS[name]
    cipher = cipher_of(vector)
    cipher.check_msg_signature(
        vector["msg_signature"],
        timestamp=vector["timestamp"],
        nonce=vector["nonce"],
        encrypt=vector["encrypt"],
    )
    assert cipher.decrypt(vector["encrypt"]) == (vector["plaintext"].encode(), 0)


@pytest.mark.parametrize("name", [name for name in SEALED if "random16" in SETS[name]])
def test_the_same_random_bytes_give_the_same_sealed_message(name: str) -> None:
    vector = SETS[name]
    envelope = cipher_of(vector).encrypt(
        vector["plaintext"].encode(),
        timestamp=vector["timestamp"],
        nonce=vector["nonce"],
        random16=vector["random16"].encode(),
    )
    assert (envelope.encrypt, envelope.msg_signature) == (vector["encrypt"], vector["msg_signature"])


@pytest.mark.parametrize("name", ["wecom_url_verify", "wecom_official_demo_url_verify"])
def test_the_sealed_echo_of_wecom_is_opened(name: str) -> None:
    vector = SETS[name]
    cipher = cipher_of(vector)
    cipher.check_msg_signature(
        vector["msg_signature"],
        timestamp=vector["timestamp"],
        nonce=vector["nonce"],
        encrypt=vector["echostr"],
    )
    assert cipher.decrypt(vector["echostr"]) == (vector["plaintext"].encode(), 0)


def test_a_message_that_was_sealed_for_another_account_is_refused() -> None:
    vector = SETS["own_wrong_appid"]
    cipher = cipher_of(vector)
    cipher.check_msg_signature(
        vector["msg_signature"],
        timestamp=vector["timestamp"],
        nonce=vector["nonce"],
        encrypt=vector["encrypt"],
    )
    with pytest.raises(NotGenuine):
        cipher.decrypt(vector["encrypt"])


@pytest.mark.parametrize("part", ["signature", "timestamp", "nonce", "encrypt"])
@pytest.mark.parametrize("value", ["", "0", "退货", "\ud800", "0" * 5000])
def test_a_signature_over_other_parts_is_refused(part: str, value: str) -> None:
    parts = {
        "signature": OWN["msg_signature"],
        "timestamp": OWN["timestamp"],
        "nonce": OWN["nonce"],
        "encrypt": OWN["encrypt"],
    }
    with pytest.raises(NotGenuine):
        cipher_of(OWN).check_msg_signature(**{**parts, part: value})


@pytest.mark.parametrize(
    "encrypt",
    ["", "=", "A", "退货", "\ud800", "AAAA", OWN["encrypt"][:-24], OWN["encrypt"][4:], "A" * 1_000_000],
    ids=lambda text: f"{len(text)} characters",
)
def test_what_is_no_sealed_message_is_refused_in_one_way(encrypt: str) -> None:
    with pytest.raises(NotGenuine):
        cipher_of(OWN).decrypt(encrypt)


@given(sealed=st.binary(max_size=200))
def test_any_bytes_are_refused_in_one_way(sealed: bytes) -> None:
    with pytest.raises(NotGenuine):
        cipher_of(OWN).decrypt(base64.b64encode(sealed).decode())


@given(data=st.data())
def test_a_changed_ending_is_refused(data: st.DataObject) -> None:
    sealed = bytearray(base64.b64decode(OWN["encrypt"]))
    place = data.draw(st.integers(len(sealed) - 32, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(NotGenuine):
        cipher_of(OWN).decrypt(base64.b64encode(sealed).decode())


@given(message=MESSAGES)
def test_what_was_sealed_is_opened(message: bytes) -> None:
    cipher = cipher_of(OWN)
    envelope = cipher.encrypt(message, timestamp="1", nonce="2")
    cipher.check_msg_signature(envelope.msg_signature, timestamp="1", nonce="2", encrypt=envelope.encrypt)
    assert cipher.decrypt(envelope.encrypt) == (message, 0)
    assert len(base64.b64decode(envelope.encrypt)) % 32 == 0


def test_the_same_message_is_never_sealed_alike_twice() -> None:
    sealed = {cipher_of(OWN).encrypt(b"success", timestamp="1", nonce="2").encrypt for _ in range(20)}
    assert len(sealed) == 20


def test_while_keys_are_changed_both_open_and_which_one_is_told() -> None:
    old, new = cipher_of(OWN), cipher_of(OWN, keys=(OTHER_KEY,))
    both = cipher_of(OWN, keys=(OTHER_KEY, OWN["encoding_aes_key"]))
    assert both.decrypt(new.encrypt(b"new", timestamp="1", nonce="2").encrypt) == (b"new", 0)
    assert both.decrypt(old.encrypt(b"old", timestamp="1", nonce="2").encrypt) == (b"old", 1)
    assert old.decrypt(both.encrypt(b"back", timestamp="1", nonce="2", key=1).encrypt) == (b"back", 0)
    with pytest.raises(NotGenuine):
        new.decrypt(old.encrypt(b"old", timestamp="1", nonce="2").encrypt)


def test_every_last_character_of_a_key_is_taken() -> None:
    for last in "ABCXYZabcxyz0189":
        cipher = cipher_of(OWN, keys=(OWN["encoding_aes_key"][:-1] + last,))
        assert cipher.decrypt(cipher.encrypt(b"x", timestamp="1", nonce="2").encrypt) == (b"x", 0)


@pytest.mark.parametrize(
    "changed",
    [
        {"token": ""},
        {"receive_id": ""},
        {"keys": ()},
        {"keys": ("",)},
        {"keys": (OTHER_KEY[:-1],)},
        {"keys": (OTHER_KEY + "=",)},
        {"keys": (OTHER_KEY[:-1] + "\n",)},
        {"keys": (OTHER_KEY, "short")},
    ],
    ids=str,
)
def test_nothing_is_opened_without_a_token_a_key_and_an_id(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its words are for people
        cipher_of(OWN, **changed)


@given(text=TEXTS)
def test_wechatpy_opens_what_we_seal_and_the_other_way_round(text: str) -> None:
    ours, key = cipher_of(OWN), base64.b64decode(OWN["encoding_aes_key"] + "=")
    envelope = ours.encrypt(text.encode(), timestamp="1", nonce="2")
    theirs = WeChatCrypto(OWN["token"], OWN["encoding_aes_key"], OWN["receive_id"])
    opened = theirs.decrypt_message({"Encrypt": envelope.encrypt}, envelope.msg_signature, "1", "2")
    assert opened.encode() == text.encode()
    sealed = PrpCrypto(key).encrypt(text, OWN["receive_id"])
    assert ours.decrypt(sealed.decode()) == (text.encode(), 0)


@given(text=TEXTS)
def test_werobot_opens_what_we_seal_and_the_other_way_round(text: str) -> None:
    ours, key = cipher_of(OWN), base64.b64decode(OWN["encoding_aes_key"] + "=")
    envelope = ours.encrypt(text.encode(), timestamp="1", nonce="2")
    theirs = MessageCrypt(OWN["token"], OWN["encoding_aes_key"], OWN["receive_id"])
    assert theirs.decrypt_message("1", "2", envelope.msg_signature, envelope.encrypt) == text.encode()
    sealed = WeRoBotCrypto(key).encrypt(text, OWN["receive_id"])
    assert ours.decrypt(sealed.decode()) == (text.encode(), 0)
