"""Starting, surviving and stopping, in real processes."""

from __future__ import annotations

import os
import signal
import socket
import stat
import time
from pathlib import Path

import httpx
import pytest

from aftersales.domain.conversations import Turn
from aftersales.domain.errors import Unavailable
from connectors.rasa.bot import RasaBot
from runtime.secret_files import NAMES
from tests.services_at_work import PROCESSES, Service, environment, free_ports, refusal, serving, starting


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def turn(message_id: str, text: str, *, session: str) -> Turn:
    return Turn(
        session=session, message_id=message_id, kind="text", text=text, language="zh", language_fixed=False
    )


@pytest.mark.parametrize("name", PROCESSES)
def test_a_killed_process_comes_back_and_all_is_well(service: Service, name: str) -> None:
    before = service.pids[name]
    os.kill(before, signal.SIGKILL)
    service.until(lambda: service.pids[name] != before, seconds=10)
    service.until(service.is_well, seconds=90)
    assert f"{name} was killed (SIGKILL): starting it again" in service.said


def test_the_addresses_are_told(service: Service) -> None:
    for address in ("/desk", "/api-docs/", "/demo"):
        assert f"{service.url}{address}" in service.said


def test_bot_and_actions_listen_on_this_machine_only(service: Service) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing; tells the machine's own outer address
        outer = probe.getsockname()[0]
    for url in (service.bot_url, service.actions_url):
        port = int(url.rsplit(":", 1)[1])
        with socket.socket() as sock:
            sock.settimeout(2)
            assert sock.connect_ex((outer, port)) != 0 or outer == "127.0.0.1"


def test_bot_and_actions_ask_for_the_secret(service: Service) -> None:
    webhook = f"{service.bot_url}/webhooks/returndesk/webhook"
    assert httpx.post(webhook, json={}, trust_env=False).status_code == 401
    wrong = {"Authorization": "Bearer wrong"}
    assert httpx.post(webhook, json={}, headers=wrong, trust_env=False).status_code == 401
    call = {"next_action": "action_session_stop"}
    assert httpx.post(f"{service.actions_url}/webhook", json=call, trust_env=False).status_code == 401


def test_secrets_and_data_are_for_the_owner_alone(service: Service) -> None:
    assert stat.S_IMODE(service.data.stat().st_mode) == 0o700
    files = [*(service.data / "secrets").iterdir(), *(service.data / "bot").glob("*.yml")]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert len(files) == 8


def test_secrets_are_not_in_the_log(service: Service) -> None:
    for name in NAMES:
        assert service.secret(name) not in service.said


async def test_the_bot_gives_a_repeated_message_its_first_answer(service: Service) -> None:
    async with RasaBot(url=service.bot_url, token=service.secret("internal_secret"), timeout=20) as bot:
        first = await bot.answer(turn("m1", "你好", session="repeat.1"))
        await bot.answer(turn("m2", "hello", session="repeat.1"))
        assert first.replies
        assert await bot.answer(turn("m1", "你好", session="repeat.1")) == first


@pytest.mark.parametrize("text", ["/restart", "／restart", " // restart"])
async def test_what_a_customer_writes_is_never_a_command(service: Service, text: str) -> None:
    async with RasaBot(url=service.bot_url, token=service.secret("internal_secret"), timeout=20) as bot:
        session = f"command.{abs(hash(text))}"
        first = await bot.answer(turn("m1", "你好", session=session))
        await bot.answer(turn("m2", text, session=session))
        assert await bot.answer(turn("m1", "你好", session=session)) == first


async def test_a_wrong_secret_makes_the_bot_unavailable(service: Service) -> None:
    async with RasaBot(url=service.bot_url, token="wrong", timeout=20) as bot:
        await bot.health()
        with pytest.raises(Unavailable):
            await bot.answer(turn("m1", "你好", session="wrong.1"))


def test_ctrl_c_stops_everything_within_five_seconds(model: Path, tmp_path: Path) -> None:
    with serving(environment(tmp_path / "data", model=model), folder=tmp_path) as second:
        pids = second.pids
        status, seconds = second.stop(signal.SIGINT)
    assert status == 0
    assert seconds < 5
    assert not any(map(is_alive, pids.values()))


def test_two_services_run_side_by_side(service: Service, model: Path, tmp_path: Path) -> None:
    with serving(environment(tmp_path / "data", model=model), folder=tmp_path) as second:
        assert second.is_well()
        assert service.is_well()
        assert set(second.pids.values()).isdisjoint(service.pids.values())


def test_no_process_survives_a_killed_supervisor(model: Path, tmp_path: Path) -> None:
    with serving(environment(tmp_path / "data", model=model), folder=tmp_path) as second:
        pids = second.pids
        second.process.kill()
        deadline = time.monotonic() + 5
        while any(map(is_alive, pids.values())) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not any(map(is_alive, pids.values()))


def test_a_second_start_on_the_same_folder_is_refused(service: Service, model: Path, tmp_path: Path) -> None:
    status, lines = refusal(environment(service.data, model=model), folder=tmp_path)
    assert status == 1
    assert lines == [f"RETURNDESK_DATA: {service.data} is in use by a service that runs already"]


def test_a_taken_port_is_told_with_its_setting(model: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, lines = refusal(environment(tmp_path / "data", model=model, bot_port=port), folder=tmp_path)
    assert status == 1
    assert lines == [f"RETURNDESK_BOT_PORT: port {port} is taken on 127.0.0.1; choose another one"]


def test_every_broken_setting_is_told_at_once(model: Path, tmp_path: Path) -> None:
    settings = environment(tmp_path / "data", model=model, port=99999, timezone="Mars/Olympus")
    status, lines = refusal(settings, folder=tmp_path)
    assert status == 1
    assert [line.split(":")[0] for line in lines] == ["RETURNDESK_PORT", "RETURNDESK_TIMEZONE"]


def test_a_model_that_is_not_there_is_told(model: Path, tmp_path: Path) -> None:
    status, lines = refusal(environment(tmp_path / "data", model=tmp_path / "none.tar.gz"), folder=tmp_path)
    assert status == 1
    assert lines == [f"RETURNDESK_MODEL: there is no file {tmp_path / 'none.tar.gz'}"]


def test_a_broken_policy_is_told(model: Path, tmp_path: Path) -> None:
    (tmp_path / "policy.yml").write_text("version: [")
    settings = environment(tmp_path / "data", model=model, policy_file=tmp_path / "policy.yml")
    status, lines = refusal(settings, folder=tmp_path)
    assert status == 1
    assert lines[0].startswith("RETURNDESK_POLICY_FILE: ")


def test_a_database_that_does_not_answer_is_told(model: Path, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    url = f"postgresql+asyncpg://nobody:very-secret@127.0.0.1:{port}/none"
    status, lines = refusal(environment(tmp_path / "data", model=model, database_url=url), folder=tmp_path)
    assert status == 1
    assert lines[-1].startswith("RETURNDESK_DATABASE_URL: the database cannot be used")
    assert "very-secret" not in "\n".join(lines)


def test_a_misspelt_setting_is_told(model: Path, tmp_path: Path) -> None:
    settings = {**environment(tmp_path / "data", model=model), "RETURNDESK_PROT": "8000"}
    with starting(settings, folder=tmp_path) as second:
        second.until(lambda: "RETURNDESK_PROT is no setting of ours" in second.said, seconds=20)
