"""A simulator of WeCom's customer service (微信客服): its API on a port, and customers who write there.

It is made after developer.work.weixin.qq.com/document (paths 94699, 96427, 96428, 94698, 90455) and is no WeCom.
What it holds to: sealed calls without a message (sealed by wechatpy, not by our own cipher), three tries; pulling
behind a cursor, with pages that are empty although there is more, three days back without one; tokens of calls for
ten minutes; access tokens; sending by state, five messages in 48 hours, ids that are taken once; greeting codes of
20 seconds; service states; files for three days. By which code a repeated id is refused is not documented:
`repeated_code` is one of ours.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from hashlib import sha1
from typing import Any, Literal

import httpx
from sanic import HTTPResponse, Request
from sanic.response import json as json_answer
from sanic.response import raw
from wechatpy.enterprise.crypto import PrpCrypto, WeChatCrypto

from tests.connectors.wecom.customers import Customer, Received
from tests.simulators import hang_up, listening, simulator_app

Json = dict[str, Any]
Fault = Literal["busy", "broken", "lost", "lost_unsent", "no_json"]

CORP, SECRET = "ww12345678910", "secret-of-the-app-0123456789"
TOKEN, AES_KEY = "kfToken01", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
ACCOUNT = "wkAJ2GCAAAZSfhHCt7IFSvLKtMPxyJTw"
_HOUR, _DAY = 3600.0, 86400.0
_MOVES = {0: (1, 2, 3), 1: (2, 3), 2: (3,), 3: (3, 4), 4: ()}
_MSGID = re.compile(r"[0-9a-zA-Z_-]{1,32}")


class Refused(Exception):
    def __init__(self, errcode: int, words: str = "invalid") -> None:
        super().__init__(words)
        self.errcode = errcode


class WeComSimulator:
    """`faults` befall the next calls of a path, one by one; `calls` are all paths that were called,
    `refused` those calls that were not granted, with the number.

    `posted` are our calls of the front, with their queries. `empty_pages` is how many of the next pages are empty
    although there is more.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._last = 0
        self._items: list[Json] = []
        self._files: dict[str, tuple[bytes, str, float]] = {}
        self._codes: dict[str, tuple[Customer, float]] = {}
        self._call_tokens: dict[str, float] = {}
        self._taken: set[str] = set()
        self.url = ""
        self.callback = ""
        self.page = 1000
        self.empty_pages = 0
        self.repeated_code = 40058
        self.access_token = ""
        self.access_until = 0.0
        self.refuse_all: int | None = None
        self.customers: dict[str, Customer] = {}
        self.faults: dict[str, list[Fault]] = {}
        self.calls: list[str] = []
        self.refused: list[tuple[str, int]] = []
        self.bodies: list[bytes] = []
        self.posted: list[tuple[bytes, Json]] = []

    def time(self) -> float:
        return self._now().timestamp()

    def customer(self, id: str = "wmAJ2GCAAAme1XQRC-NI-q0_ZM9ukoAw") -> Customer:
        return self.customers.setdefault(id, Customer(self, id))

    def keep(self, content: bytes, name: str) -> str:
        media = f"2iSLeVyqzk4eX0IB5kTi9Ljfa2rt9dwfq5WKRQ4Nvvg{self._next()}"
        self._files[media] = (content, name, self.time())
        return media

    def note(self, customer: Customer, at: float, **item: Any) -> None:
        ids = {"open_kfid": ACCOUNT, "external_userid": customer.id}
        self.note_raw({"msgid": f"4ZSXK{self._next()}", "send_time": int(at), **ids, **item})

    def note_raw(self, item: Any) -> None:
        """Puts anything behind what there is to be pulled."""
        self._items.append(item)

    async def happens(self, customer: Customer, kind: str, **event: Any) -> None:
        ids = {"open_kfid": ACCOUNT, "external_userid": customer.id}
        item = {"msgid": f"4ZSXE{self._next()}", "send_time": int(self.time()), "origin": 4, "msgtype": "event"}
        self.note_raw({**item, "event": {"event_type": kind, **ids, **event}})
        await self.call()

    async def fails(self, customer: Customer, msgid: str, fail_type: int) -> None:
        """What was taken did not arrive."""
        await self.happens(customer, "msg_send_fail", fail_msgid=msgid, fail_type=fail_type)

    def give_code(self, customer: Customer) -> str:
        code = f"code{self._next()}"
        self._codes[code] = (customer, self.time())
        return code

    def end_access(self) -> None:
        """The access token is no longer valid, whatever was said of its time."""
        self.access_token = ""

    async def call(self, event: str = "kf_msg_or_event") -> httpx.Response | None:
        """Tells that there is something to be pulled, three times at most; the last answer."""
        if not self.callback:
            return None
        token = f"ENC{sha1(str(self._next()).encode()).hexdigest()}"
        self._call_tokens[token] = self.time()
        message = (
            f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><CreateTime>{int(self.time())}</CreateTime>"
            f"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{event}]]></Event>"
            f"<Token><![CDATA[{token}]]></Token><OpenKfId><![CDATA[{ACCOUNT}]]></OpenKfId></xml>"
        )
        answer = None
        for _ in range(3):
            answer = await self.post(message)
            if answer.status_code == 200 and answer.text in ("success", ""):
                break
        return answer

    async def post(self, message: str, *, seconds_ago: float = 0) -> httpx.Response:
        """Sealed by wechatpy."""
        time, nonce = str(int(self.time() - seconds_ago)), "263014780"
        crypto = WeChatCrypto(TOKEN, AES_KEY, CORP)
        sealed: str = crypto.encrypt_message(message, nonce, time)
        encrypt, signature = (
            re.findall(rf"<{name}><!\[CDATA\[(.*?)\]\]></{name}>", sealed, re.DOTALL)[0]
            for name in ("Encrypt", "MsgSignature")
        )
        body = f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"
        query = {"msg_signature": signature, "timestamp": time, "nonce": nonce}
        return await self.post_raw(body.encode(), query)

    async def post_raw(self, body: bytes, query: Json) -> httpx.Response:
        self.posted.append((body, query))
        async with httpx.AsyncClient() as client:
            return await client.post(self.callback, params=query, content=body)

    async def verify(self, echo: str = "1616140317555161061", *, corp: str = CORP) -> httpx.Response:
        """What the console does when the address is entered there."""
        sealed = PrpCrypto(base64.b64decode(f"{AES_KEY}=")).encrypt(echo, corp).decode()
        time, nonce = str(int(self.time())), "263014780"
        signature = sha1("".join(sorted([TOKEN, time, nonce, sealed])).encode()).hexdigest()
        query = {"msg_signature": signature, "timestamp": time, "nonce": nonce, "echostr": sealed}
        async with httpx.AsyncClient() as client:
            return await client.get(self.callback, params=query)

    async def answer(self, request: Request, path: str) -> HTTPResponse:
        """/cgi-bin/<path>."""
        self.calls.append(path)
        self.bodies.append(request.body)
        fault = self.faults[path].pop(0) if self.faults.get(path) else None
        if fault == "lost_unsent":
            return hang_up(request)
        if fault == "broken":
            return raw(b"<html>", status=502, content_type="text/html")
        try:
            if fault == "busy":
                raise Refused(-1, "system busy")
            result = self._do(request, path)
        except Refused as refusal:
            self.refused.append((path, refusal.errcode))
            return json_answer({"errcode": refusal.errcode, "errmsg": f"{refusal}, hint: [1700000000]"})
        if fault == "lost":
            return hang_up(request)
        if fault == "no_json":
            return raw(b"<html>", content_type="text/html")
        return (
            result if isinstance(result, HTTPResponse) else json_answer({"errcode": 0, "errmsg": "ok", **result})
        )

    def _do(self, request: Request, path: str) -> Json | HTTPResponse:
        args: Any = request.args
        if path == "gettoken":
            return self._get_token(args)
        if self.refuse_all is not None:
            raise Refused(self.refuse_all)
        given = args.get("access_token", "")
        if not given:
            raise Refused(41001, "access_token missing")
        if given != self.access_token:
            raise Refused(40014, "invalid access_token")
        if self.time() > self.access_until:
            raise Refused(42001, "access_token expired")
        if path == "media/get":
            return self._get_media(args.get("media_id", ""))
        if path == "media/upload":
            return self._upload(request, args.get("type"))
        known: dict[str, Callable[[Json], Json]] = {
            "kf/sync_msg": self._sync,
            "kf/send_msg": self._send,
            "kf/send_msg_on_event": self._greet,
            "kf/service_state/get": lambda body: {"service_state": self._find(body["external_userid"]).state},
            "kf/service_state/trans": self._move,
        }
        return known[path](json.loads(request.body))

    def _get_token(self, args: Any) -> Json:
        if args.get("corpid") != CORP:
            raise Refused(40013, "invalid corpid")
        if args.get("corpsecret") != SECRET:
            raise Refused(40001, "invalid credential")
        if not self.access_token or self.time() > self.access_until:
            self.access_token, self.access_until = f"access-{self._next()}", self.time() + 7200
        return {"access_token": self.access_token, "expires_in": int(self.access_until - self.time())}

    def _sync(self, body: Json) -> Json:
        token = body.get("token", "")
        if token and self.time() - self._call_tokens.get(token, 0) > 600:
            raise Refused(95007, "invalid msg token")
        if body["open_kfid"] != ACCOUNT:
            raise Refused(95000, "invalid open_kfid")
        start = int(body["cursor"].removeprefix("4gw7MepFLfgF2VC5n")) if body.get("cursor") else self._history()
        if self.empty_pages:
            self.empty_pages -= 1
            return {"next_cursor": f"4gw7MepFLfgF2VC5n{start}", "has_more": 1, "msg_list": []}
        end = min(len(self._items), start + min(self.page, body.get("limit", 1000)))
        more = int(end < len(self._items))
        return {"next_cursor": f"4gw7MepFLfgF2VC5n{end}", "has_more": more, "msg_list": self._items[start:end]}

    def _history(self) -> int:
        """The place of the first item of the last three days."""
        oldest = self.time() - 3 * _DAY
        recent = (
            place
            for place, item in enumerate(self._items)
            if not isinstance(item, dict) or item.get("send_time", oldest) >= oldest
        )
        return next(recent, len(self._items))

    def _send(self, body: Json) -> Json:
        customer = self._find(body["touser"])
        if customer.state not in (0, 1):
            raise Refused(95018, "invalid session status")
        self._check_id(body.get("msgid"))
        if customer.written_at is None or self.time() - customer.written_at > 48 * _HOUR:
            raise Refused(95002, "send time over limit")
        if customer.answers >= 5:
            raise Refused(95001, "send count over limit")
        received = self._read(body)
        customer.answers += 1
        return self._take(customer, received, body)

    def _greet(self, body: Json) -> Json:
        customer, given_at = self._codes.pop(body["code"], (None, 0.0))
        if customer is None or self.time() - given_at > 20:
            raise Refused(95016, "invalid code")
        self._check_id(body.get("msgid"))
        if body["msgtype"] not in ("text", "msgmenu"):
            raise Refused(40008, "invalid msgtype")
        customer.greeted = True
        return self._take(customer, self._read(body), body)

    def _take(self, customer: Customer, received: Received, body: Json) -> Json:
        customer.received.append(received)
        msgid = body.get("msgid") or f"generated{self._next()}"
        self._taken.add(msgid)
        return {"msgid": msgid}

    def _check_id(self, msgid: str | None) -> None:
        if msgid is not None and not _MSGID.fullmatch(msgid):
            raise Refused(40058, "invalid msgid")
        if msgid in self._taken:
            raise Refused(self.repeated_code, "msgid is used")

    def _read(self, body: Json) -> Received:
        part = body[body["msgtype"]]
        if body["msgtype"] == "text":
            if not 0 < len(part["content"].encode()) <= 2048:
                raise Refused(45002, "content size out of limit")
            return Received(part["content"])
        if body["msgtype"] == "image":
            content, _, kept_at = self._files.get(part["media_id"], (b"", "", 0.0))
            if self.time() - kept_at > 3 * _DAY:
                raise Refused(40007, "invalid media_id")
            return Received(picture=content)
        items = [item["click"] for item in part["list"]]
        sizes = [len(item["content"].encode()) <= 128 and len(item["id"].encode()) <= 64 for item in items]
        if not 0 < len(items) <= 10 or not all(sizes) or len(part["head_content"].encode()) > 1024:
            raise Refused(40058, "invalid msgmenu")
        titles, ids = (tuple(item[name] for item in items) for name in ("content", "id"))
        return Received(part["head_content"], titles, ids=ids)

    def _move(self, body: Json) -> Json:
        customer = self._find(body["external_userid"])
        if body["service_state"] not in _MOVES[customer.state]:
            raise Refused(95018, "invalid session status")
        customer.state = body["service_state"]
        return {}

    def _upload(self, request: Request, kind: str) -> Json:
        files: Any = request.files
        file = files.get("media")
        if kind != "image" or not file.body.startswith((b"\xff\xd8", b"\x89PNG")):
            raise Refused(40004, "invalid media type")
        return {"type": kind, "media_id": self.keep(file.body, file.name), "created_at": str(int(self.time()))}

    def _get_media(self, media: str) -> HTTPResponse:
        content, name, kept_at = self._files.get(media, (b"", "", 0.0))
        if self.time() - kept_at > 3 * _DAY:
            raise Refused(40007, "invalid media_id")
        headers = {"Content-disposition": f'attachment; filename="{name}"'}
        return raw(content, headers=headers, content_type="image/png")

    def _find(self, id: str) -> Customer:
        if id not in self.customers:
            raise Refused(40096, "invalid external userid")
        return self.customers[id]

    def _next(self) -> int:
        self._last += 1
        return self._last


@asynccontextmanager
async def open_wecom(now: Callable[[], datetime]) -> AsyncIterator[WeComSimulator]:
    wecom = WeComSimulator(now)
    app = simulator_app("wecom")
    add: Any = app.add_route
    add(wecom.answer, "/cgi-bin/<path:path>", methods=["GET", "POST"], name="answer")
    async with listening(app) as wecom.url:
        yield wecom
