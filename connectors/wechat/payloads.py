"""Bodies of WeChat's calls: messages, and the sign of typing.

As of developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage and .../api_typing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aftersales.domain.channels import Words

Body = dict[str, Any]


def encode(body: Mapping[str, Any]) -> bytes:
    """Characters as they are, since WeChat shows escapes or refuses them (errcode 40033); no lone surrogates."""
    return json.dumps(body, ensure_ascii=False).encode("utf8", "ignore")


def words_body(to: str, words: Words, *, labelled: bool) -> Body:
    """A text, or a menu where there are options. `labelled` marks the bot's texts as made by a machine.

    The mark is for texts of service accounts; what mini-programs have for it is another thing.
    """
    if words.options:
        items = [{"id": option.id, "content": option.title} for option in words.options]
        menu = {"head_content": words.text, "list": items, "tail_content": ""}
        return {"touser": to, "msgtype": "msgmenu", "msgmenu": menu}
    body: Body = {"touser": to, "msgtype": "text", "text": {"content": words.text}}
    if labelled and words.by_bot:
        body["aimsgcontext"] = {"is_ai_msg": 1}
    return body


def image_body(to: str, media: str) -> Body:
    return {"touser": to, "msgtype": "image", "image": {"media_id": media}}


def typing_body(to: str) -> Body:
    return {"touser": to, "command": "Typing"}
