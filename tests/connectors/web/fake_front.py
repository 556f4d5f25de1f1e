"""The chat API from memory, with switches for what goes wrong on the way; serves the real widget files.

Runs as a process of its own (`python fake_front.py PORT`), so that a busy browser cannot starve it.
Tests speak to it over `/fake/*`: `say`, `switch`, `state`, `drop`, `expire`.
"""

import asyncio
import base64
import contextlib
import json
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from sanic import HTTPResponse, Request, Sanic, Websocket
from sanic import json as answer
from sanic.response import empty, file, html, raw

ROOT = Path(__file__).parents[3]
WIDGET = ROOT / "connectors/web/widget"
PAGES = ROOT / "runtime/pages"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'"
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
}
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPj/HwADBwIAMCbHYQAAAABJRU5ErkJggg=="
)
CUSTOMERS = [{"id": "c-lin", "name": "林晓"}, {"id": "c-emma", "name": "Emma Clarke"}]


@dataclass
class Conversation:
    messages: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    typing: bool = False
    owner: str = "bot"
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def add(self, **message: Any) -> int:
        for known in self.messages:
            if message.get("client_message_id") and known.get("client_message_id") == message["client_message_id"]:
                return int(known["seq"])
        full = {
            "text": "",
            "choices": [],
            "cards": [],
            "attachments": [],
            "at": datetime.now(UTC).isoformat(),
            **message,
        }
        self.messages.append({**full, "seq": len(self.messages) + 1})
        async with self.changed:
            self.changed.notify_all()
        return len(self.messages)

    def update(self, after: int) -> dict[str, Any]:
        if world().switches.get("mute"):
            after = len(self.messages)
        news = [message for message in self.messages if message["seq"] > after]
        return {"type": "update", "messages": news, "typing": self.typing, "owner": self.owner}


@dataclass
class World:
    sessions: dict[str, Conversation] = field(default_factory=dict)
    sockets: set[Websocket] = field(default_factory=set)
    switches: dict[str, Any] = field(default_factory=dict)
    posts: list[dict[str, Any]] = field(default_factory=list)
    signed_out: list[str] = field(default_factory=list)
    begun: list[dict[str, Any]] = field(default_factory=list)

    @property
    def newest(self) -> Conversation:
        return list(self.sessions.values())[-1]


app = Sanic("fake_front")
app.ctx.world = World()


def world() -> World:
    found: World = app.ctx.world
    return found


def problem(status: int, code: str) -> HTTPResponse:
    body = {"type": "about:blank", "title": code, "status": status, "detail": code, "code": code}
    return answer(body, status=status, content_type="application/problem+json")


def conversation_of(request: Request) -> Conversation | None:
    return world().sessions.get(request.token or "")


@app.middleware("request")
async def misbehave(request: Request) -> HTTPResponse | None:
    if not request.path.startswith("/api/"):
        return None
    await asyncio.sleep(world().switches.get("delay", 0))
    if world().switches.get("down"):
        return problem(503, "unavailable")
    return None


@app.post("/api/chat/sessions")
async def begin(request: Request) -> HTTPResponse:
    token = uuid4().hex
    world().sessions[token] = Conversation()
    world().begun.append(request.json)
    body = {
        "session_token": token,
        "conversation_id": token[:8],
        "language": "zh",
        "verified": "site_token" in request.json,
    }
    return answer(body, status=201)


@app.delete("/api/chat/sessions")
async def end(request: Request) -> HTTPResponse:
    world().sessions.pop(request.token or "", None)
    world().signed_out.append(request.token or "")
    return empty()


@app.post("/api/chat/messages")
async def receive(request: Request) -> HTTPResponse:
    world().posts.append(request.json)
    if (found := conversation_of(request)) is None:
        return problem(401, "unauthorized")
    mine = {"from": "customer", "client_message_id": request.json["client_message_id"]}
    seq = await found.add(**mine, text=request.json.get("text") or title_of(found, request.json.get("choice")))
    if world().switches.pop("lose_answer", None):  # stored, but the answer never arrives
        return problem(503, "unavailable")
    return answer({"seq": seq}, status=202)


def title_of(found: Conversation, value: Any) -> str:
    offered = [choice for message in found.messages for choice in message["choices"]]
    return next((str(choice["title"]) for choice in offered if choice["value"] == value), str(value))


@app.get("/api/chat/messages")
async def poll(request: Request) -> HTTPResponse:
    if (found := conversation_of(request)) is None:
        return problem(401, "unauthorized")
    after, wait = int(request.args.get("after", 0)), int(request.args.get("wait", 0))
    if wait and not found.update(after)["messages"]:
        async with found.changed:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(found.changed.wait(), wait)
    return answer(found.update(after))


@app.get("/api/chat/apps")
async def apps(request: Request) -> HTTPResponse:
    earlier = bool(world().switches.get("earlier"))
    return answer({"apps": world().switches.get("apps", []), "earlier": earlier})


@app.get("/api/chat/earlier")
async def earlier(request: Request) -> HTTPResponse:
    """Two pages of one message each."""
    pages = world().switches["earlier"]
    page = 1 if request.args.get("before") else 0
    return answer({"messages": pages[page], "more": page == 0})


@app.post("/api/chat/link-codes")
async def link_code(request: Request) -> HTTPResponse:
    if world().switches.get("no_codes"):
        return problem(409, "conflict")
    return answer({"words": "绑定 12345678", "expires_at": datetime.now(UTC).isoformat()}, status=201)


@app.post("/api/chat/attachments")
async def upload(request: Request) -> HTTPResponse:
    if (found := conversation_of(request)) is None:
        return problem(401, "unauthorized")
    assert request.files is not None
    assert request.form is not None
    sent = request.files["file"][0]
    if code := world().switches.get("refuse_file"):
        return problem(415, code)
    attachment_id = uuid4().hex
    found.files[attachment_id] = sent.body
    attachment = {
        "attachment_id": attachment_id,
        "name": sent.name,
        "media_type": sent.type,
        "size": len(sent.body),
    }
    mine = {"from": "customer", "client_message_id": request.form.get("client_message_id")}
    return answer(
        {"attachment_id": attachment_id, "seq": await found.add(**mine, attachments=[attachment])}, status=201
    )


@app.get("/api/chat/attachments/<attachment_id:str>")
async def download(request: Request, attachment_id: str) -> HTTPResponse:
    found = conversation_of(request)
    if found is None or attachment_id not in found.files:
        return problem(401, "unauthorized")
    return raw(found.files[attachment_id], headers={"Content-Disposition": "attachment"})


@app.websocket("/api/chat/socket")  # type: ignore[untyped-decorator]
async def socket(request: Request, ws: Websocket) -> None:
    if world().switches.get("no_socket") or world().switches.get("down"):
        return await ws.close(1011)
    hello = json.loads(await ws.recv() or "{}")
    found = world().sessions.get(hello.get("token", ""))
    if found is None:
        return await ws.close(4401)
    world().sockets.add(ws)
    tasks = [asyncio.create_task(push(ws, found, hello["after"])), asyncio.create_task(listen(ws))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        world().sockets.discard(ws)
        for task in tasks:
            task.cancel()


async def push(ws: Websocket, found: Conversation, after: int) -> None:
    while True:
        update = found.update(after)
        await ws.send(json.dumps(update))
        if world().switches.get("twice"):
            await ws.send(json.dumps(update))
        after = max([after, *(message["seq"] for message in update["messages"])])
        if world().switches.get("skip"):  # the next message is lost on the way
            after += int(world().switches.pop("skip"))
        async with found.changed:
            await found.changed.wait()


async def listen(ws: Websocket) -> None:
    async for text in ws:
        if text and json.loads(text)["type"] == "ping":
            await ws.send('{"type": "pong"}')


@app.post("/fake/say")
async def say(request: Request) -> HTTPResponse:
    """One message from the bot (or whom it names) in the newest conversation."""
    found = world().newest
    found.typing = bool(request.json.pop("typing", False))
    found.owner = request.json.pop("owner", found.owner)
    return answer({"seq": await found.add(**{"from": "bot", **request.json})})


@app.post("/fake/switch")
async def switch(request: Request) -> HTTPResponse:
    world().switches.update(request.json)
    return empty()


@app.post("/fake/drop")
async def drop(request: Request) -> HTTPResponse:
    for ws in list(world().sockets):
        ws.fail_connection()
    return empty()


@app.post("/fake/expire")
async def expire(request: Request) -> HTTPResponse:
    world().sessions.clear()
    return empty()


@app.post("/fake/reset")
async def reset(request: Request) -> HTTPResponse:
    app.ctx.world = World()
    return empty()


@app.get("/fake/state")
async def state(request: Request) -> HTTPResponse:
    here = world()
    conversations = [found.messages for found in here.sessions.values()]
    return answer(
        {"conversations": conversations, "posts": here.posts, "signed_out": here.signed_out, "begun": here.begun}
    )


@app.get("/shop")
async def shop(request: Request) -> HTTPResponse:
    token = f' site-token="{request.args["token"][0]}"' if "token" in request.args else ""
    language = request.args.get("lang", "zh")
    page = f"""<!doctype html><html lang="{language}"><meta charset="utf-8"><title>shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<script type="module" src="/widget/returndesk.js"></script>
<body><button id="before">before</button>
<return-desk shop-name="山前 Foothill"{token}></return-desk></body></html>"""
    return html(page, headers={"Content-Security-Policy": POLICY})


@app.get("/widget/<name:str>")
async def widget(request: Request, name: str) -> HTTPResponse:
    path = WIDGET / name
    return await file(path, mime_type=TYPES[path.suffix], max_age=600) if path.is_file() else empty(404)


@app.get("/demo/<path:path>")
async def demo(request: Request, path: str) -> HTTPResponse:
    if path.startswith("api/"):
        return demo_api(path, request)
    found = PAGES / "demo" / (path or "index.html")
    if path.startswith("mailbox"):
        found = PAGES / "mailbox" / (path.partition("/")[2] or "index.html")
    if not found.is_file():
        return empty(404)
    return await file(found, mime_type=TYPES.get(found.suffix), headers={"Content-Security-Policy": POLICY})


def demo_api(path: str, request: Request) -> HTTPResponse:
    if path == "api/customers":
        return answer(CUSTOMERS)
    if path == "api/mails":
        return answer([])
    zh = request.args.get("language") == "zh"
    price = {"amount": "129.00", "currency": "CNY"}
    return answer([{"title": "亚麻衬衫" if zh else "Linen shirt", "price": price, "image": "/pixel.png"}] * 6)


@app.post("/demo/api/sign-in")
async def sign_in(request: Request) -> HTTPResponse:
    customer = next(one for one in CUSTOMERS if one["id"] == request.json["customer_id"])
    return answer({"site_token": site_token(customer["id"]), "name": customer["name"]})


def site_token(subject: str) -> str:
    """A token as a shop would sign it; the widget reads only who it speaks of."""
    parts = [{"alg": "none"}, {"sub": subject}]
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
        + ".sig"
    )


@app.get("/pixel.png")
async def pixel(request: Request) -> HTTPResponse:
    return raw(PIXEL, content_type="image/png")


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(sys.argv[1]), single_process=True, access_log=False, motd=False)
