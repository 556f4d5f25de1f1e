"""The front as a process: files, health, demo pages, docs, its end and a taken port."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from aftersales.ports import Mail
from aftersales.stores.schema import shop as tables
from runtime.api_docs.pages import load_description
from runtime.clock import SystemClock
from runtime.heartbeat import beat
from tests.fronts import Front, open_front
from tests.goods import open_goods

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as front:
        yield front


async def test_every_route_of_the_api_is_described_and_every_description_is_a_route(front: Front) -> None:
    routes = set()
    for route in front.app.router.routes:
        path = "/" + re.sub(r"<(\w+):[^>]+>", r"{\1}", route.path)
        if path.startswith("/api/"):
            routes |= {(path, method.lower()) for method in route.methods if method not in ("OPTIONS", "HEAD")}
    paths = load_description()["paths"]
    described = {(path, method) for path, item in paths.items() for method in item}
    assert routes == described


async def test_the_documentation_needs_nothing_from_elsewhere(front: Front) -> None:
    page = await front.client.get("/api-docs/")
    assert page.status_code == 200
    assert "<script" not in page.text
    assert "https://" not in page.text
    for path in load_description()["paths"]:
        assert path in page.text
    assert (await front.client.get("/api-docs/docs.css")).headers["content-type"].startswith("text/css")
    assert "openapi: 3" in (await front.client.get("/api-docs/openapi.yml")).text


async def test_the_widget_may_be_loaded_by_any_site_and_is_revalidated(front: Front) -> None:
    response = await front.client.get("/widget/returndesk.js")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "max-age" in response.headers["cache-control"]
    again = await front.client.get("/widget/returndesk.js", headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_nothing_outside_the_folders_is_served(front: Front, tmp_path: Path) -> None:
    media = tmp_path / "media"
    media.mkdir()
    (media / "shoe.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (media / "notes.txt").write_text("not for the web")
    (media / "out.svg").symlink_to(tmp_path / "secret.svg")
    (tmp_path / "secret.svg").write_text("secret")
    shown = await front.client.get("/media/shoe.svg")
    assert shown.headers["content-security-policy"].startswith("sandbox")
    assert shown.headers["content-type"] == "image/svg+xml"
    for path in (
        "media/notes.txt",
        "media/out.svg",
        "media/..%2fsecret.svg",
        "media/%2e%2e/secret.svg",
        "media//etc/passwd",
        "media/%00.svg",
        "media/",
        "widget/..%2f..%2fweb%2fproblem_texts.yml",
        "widget/../problems.py",
        "media/" + "x" * 3000 + ".svg",
    ):
        response = await front.client.get(httpx.URL(f"{front.url}/{path}"))
        assert response.status_code == 404, path


async def test_health_tells_about_the_database_the_bot_and_the_worker(front: Front, tmp_path: Path) -> None:
    response = await front.client.get("/health")
    assert (response.status_code, response.json()) == (
        200,
        {"status": "degraded", "database": "up", "shop": "up", "bot": "up", "worker": "unknown", "rules": "up"},
    )
    beat(tmp_path)
    await asyncio.sleep(2.1)
    assert (await front.client.get("/health")).json()["status"] == "ok"
    assert (await front.client.get("/health/live")).json() == {"status": "ok"}


async def test_without_its_database_the_front_is_not_ready(tmp_path: Path) -> None:
    async with open_front(tmp_path) as front:
        health = front.app.ctx.health

        def broken() -> None:
            raise OSError("gone")

        health._context = replace(health._context, unit_of_work=broken)
        response = await front.client.get("/health")
        assert (response.status_code, response.json()["status"]) == (503, "down")
        assert (await front.client.get("/health/live")).status_code == 200


async def test_the_demo_pages_are_there_only_in_a_demo(tmp_path: Path) -> None:
    paths = ["/", "/demo/", "/demo/mailbox/", "/demo/api/products", "/demo/api/customers", "/demo/api/mails"]
    async with open_front(tmp_path, demo=True) as front:
        assert (await front.client.get("/")).headers["location"] == "/demo/"
        assert (await front.client.get("/demo?lang=en")).headers["location"] == "/demo/?lang=en"
        for path in paths[1:]:
            assert (await front.client.get(path)).status_code == 200, path
        page = (await front.client.get("/demo/")).text
        for found in re.findall(r'(?:src|href)="(/[^"]+)"', page):
            assert (await front.client.get(found)).status_code == 200, found
    (tmp_path / "real").mkdir()
    async with open_front(tmp_path / "real", demo=False) as front:
        for path in paths:
            assert (await front.client.get(path)).status_code == 404, path
        response = await front.client.post("/demo/api/sign-in", json={"customer_id": "c-lin"})
        assert response.status_code == 404


async def test_signing_in_at_the_demo_shop_opens_a_verified_chat(tmp_path: Path) -> None:
    async with open_front(tmp_path, clock=SystemClock()) as front:
        signed = await front.client.post("/demo/api/sign-in", json={"customer_id": "c-lin"})
        assert signed.json()["name"] == "c-lin"
        opened = await front.client.post("/api/chat/sessions", json={"site_token": signed.json()["site_token"]})
        assert opened.json()["verified"] is True
        for wrong in ({}, {"customer_id": 5}, {"customer_id": "a b"}, {"customer_id": "\x00"}):
            assert (await front.client.post("/demo/api/sign-in", json=wrong)).status_code == 400
        unknown = await front.client.post("/demo/api/sign-in", json={"customer_id": "nobody"})
        assert unknown.status_code == 404


async def test_the_demo_shows_its_goods_and_customers(front: Front) -> None:
    async with front.goods.engine.begin() as connection:
        await connection.execute(update(tables.shop_variants).values(prices=[["CNY", 12900], ["USD", 1900]]))
    products = (await front.client.get("/demo/api/products?language=zh")).json()
    assert products[0]["price"] == {"amount": "129.00", "currency": "CNY"}
    assert set(products[0]) == {"title", "price", "image"}
    assert {"id": "c-lin", "name": "c-lin"} in (await front.client.get("/demo/api/customers")).json()


async def test_the_mailbox_shows_each_mail_once(front: Front) -> None:
    mailbox = front.app.ctx.demo.mailbox
    mail = Mail(to="lin@example.com", subject="验证码", text="123456")
    for _ in range(2):
        await mailbox.send(mail, key="k1")
    await mailbox.send(mail, key="k2")
    mails = (await front.client.get("/demo/api/mails")).json()
    assert [set(mail) for mail in mails] == [{"id", "to", "subject", "text", "at"}] * 2
    later = (await front.client.get(f"/demo/api/mails?after={mails[0]['id']}")).json()
    assert later == mails[1:]
    for wrong in ("x", "-1", "99999999999999999999", "%00"):
        assert (await front.client.get(f"/demo/api/mails?after={wrong}")).status_code == 400


def test_a_taken_port_ends_in_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = run_front(tmp_path, port=port)
        _, log = process.communicate(timeout=60)
    assert process.returncode == 1
    assert log.decode().strip() == f"127.0.0.1:{port} is taken; set RETURNDESK_PORT to a free port."


def run_front(data: Path, *, port: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "RETURNDESK_DATA": str(data), "RETURNDESK_PORT": str(port)}
    return subprocess.Popen(
        [sys.executable, "-m", "runtime.front"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


async def test_the_process_serves_and_ends_within_three_seconds(tmp_path: Path) -> None:
    async with open_goods("sqlite", tmp_path):  # makes the tables
        pass
    (tmp_path / "test.sqlite3").rename(tmp_path / "returndesk.sqlite3")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = run_front(tmp_path, port=port)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            for _ in range(300):
                try:
                    opened = await client.post("/api/chat/sessions")
                    break
                except httpx.ConnectError:
                    await asyncio.sleep(0.1)
            assert opened.status_code == 201
            headers = {"Authorization": f"Bearer {opened.json()['session_token']}"}
            waiting = asyncio.create_task(client.get("/api/chat/messages?wait=25", headers=headers))
            await asyncio.sleep(0.5)
            process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            assert (await waiting).status_code == 200
            assert await asyncio.to_thread(process.wait, 10) == 0
            assert time.monotonic() - began < 3.5
    finally:
        process.kill()
        _, log = process.communicate()
    lines = log.decode()
    assert "Traceback" not in lines
    assert "event='request'" in lines
    assert headers["Authorization"].split()[1] not in lines
