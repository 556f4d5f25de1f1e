"""What is looked at and written before the processes are started."""

from __future__ import annotations

import errno
import shutil
import socket
import stat
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from pydantic import SecretStr

from runtime.bot_files import tracker_store, write_bot_files
from runtime.console import Noise, last_state
from runtime.model import fingerprint, provide_model
from runtime.places import ROOT
from runtime.problems import CannotStart, check_settings, read_settings, unknown_variables
from runtime.processes import plan
from runtime.secret_files import NAMES, load_or_make
from runtime.settings import Settings
from runtime.start import prepare_database, put_in_force
from tests.services_at_work import free_ports


def settings(data: Path, **changes: Any) -> Settings:
    front, bot, actions = free_ports(3)
    given = {
        "data": data,
        "port": front,
        "bot_port": bot,
        "actions_port": actions,
        "bot_python": Path(sys.executable),
        "policy_file": ROOT / "returns_policy.yml",
        "hours_file": ROOT / "desk_hours.yml",
    }
    return Settings(_env_file=None, **{**given, **changes})


def problems_of(data: Path, **changes: Any) -> tuple[str, ...]:
    with pytest.raises(CannotStart) as found:
        check_settings(settings(data, **changes))
    return found.value.lines


def test_good_settings_have_no_problems(tmp_path: Path) -> None:
    check_settings(settings(tmp_path))


def test_each_wrong_variable_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RETURNDESK_PORT", "many")
    monkeypatch.setenv("RETURNDESK_TIMEZONE", "Mars/Olympus")
    with pytest.raises(CannotStart) as found:
        read_settings()
    assert [line.partition(":")[0] for line in found.value.lines] == ["RETURNDESK_PORT", "RETURNDESK_TIMEZONE"]


def test_a_taken_port_names_its_setting(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert problems_of(tmp_path, actions_port=port) == (
            f"RETURNDESK_ACTIONS_PORT: port {port} is taken on 127.0.0.1; choose another one",
        )


async def test_other_rules_under_a_version_that_was_in_force_do_not_start(tmp_path: Path) -> None:
    words = (ROOT / "returns_policy.yml").read_text(encoding="utf8")
    policy = tmp_path / "policy.yml"
    policy.write_text(words, encoding="utf8")
    found = settings(tmp_path, policy_file=policy, demo=False)
    await prepare_database(found)
    await put_in_force(found)
    policy.write_text(words.replace("    days: 15", "    days: 16", 1), encoding="utf8")
    with pytest.raises(
        CannotStart, match="RETURNDESK_POLICY_FILE: version 2026-11-24 was in force with other rules"
    ):
        await put_in_force(found)


def test_one_port_for_two_processes_is_a_problem(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    assert problems_of(tmp_path, port=port, bot_port=port) == (
        f"RETURNDESK_BOT_PORT: port {port} is also RETURNDESK_PORT; choose another one",
    )


@pytest.mark.parametrize("url", ["nonsense", "mysql://host/db", "postgresql://host/db", "sqlite:///file"])
def test_a_database_that_we_cannot_use_is_a_problem(url: str, tmp_path: Path) -> None:
    (line,) = problems_of(tmp_path, database_url=url)
    assert line.startswith("RETURNDESK_DATABASE_URL: must begin with")


def test_missing_files_are_problems_all_at_once(tmp_path: Path) -> None:
    none = tmp_path / "none"
    lines = problems_of(tmp_path, bot_python=none, model=str(none), policy_file=none, hours_file=none)
    assert [line.partition(":")[0] for line in lines] == [
        "RETURNDESK_BOT_PYTHON",
        "RETURNDESK_MODEL",
        "RETURNDESK_POLICY_FILE",
        "RETURNDESK_HOURS_FILE",
    ]


def test_only_variables_that_look_like_ours_are_unknown() -> None:
    outer = {"RETURNDESK_PROT": "1", "RETURNDESK_PORT": "1", "RETURNDESK_TEST_POSTGRES": "x", "PATH": "/bin"}
    assert unknown_variables(outer) == ["RETURNDESK_PROT"]


def test_secrets_are_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    first, second = load_or_make(settings(tmp_path)), load_or_make(settings(tmp_path))
    assert first.merchant_key == second.merchant_key
    keys = {first.internal_secret, first.merchant_key, first.site_token_key, first.audit_key}
    keys |= {first.account_key, first.case_link_key}
    assert len(keys) == 6
    assert all(len(key.get_secret_value()) >= 32 for key in keys)
    files = list((tmp_path / "secrets").iterdir())
    assert len(files) == len(NAMES)
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_secrets_are_made_also_where_files_cannot_be_linked(tmp_path: Path) -> None:
    def refuse(_source: Path, _target: Path) -> None:
        raise PermissionError(errno.EPERM, "no links here")

    first, second = (load_or_make(settings(tmp_path), link=refuse) for _ in range(2))
    assert first.merchant_key == second.merchant_key
    assert len(first.merchant_key.get_secret_value()) >= 32
    files = list((tmp_path / "secrets").iterdir())
    assert len(files) == len(NAMES)
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_of_two_that_cannot_link_the_first_makes_the_secret(tmp_path: Path) -> None:
    def come_late(_source: Path, target: Path) -> None:
        target.write_text("of the other", encoding="ascii")
        raise PermissionError(errno.EPERM, "no links here")

    filled = load_or_make(settings(tmp_path), link=come_late)
    assert filled.merchant_key.get_secret_value() == "of the other"


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "0.0.0.0"},
        {"host": "::"},
        {"public_url": "https://desk.example"},
        {"public_url": "http://10.0.0.5:8000"},
        {"public_url": "http://["},
    ],
)
def test_the_demo_is_never_served_to_other_machines(changes: dict[str, str], tmp_path: Path) -> None:
    (line,) = problems_of(tmp_path, **changes)
    assert line.startswith("RETURNDESK_DEMO: ")
    assert line.endswith("set RETURNDESK_DEMO=false")
    check_settings(settings(tmp_path, demo=False, **changes))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost"])
def test_the_demo_is_served_on_this_machine(host: str, tmp_path: Path) -> None:
    check_settings(settings(tmp_path, host=host, public_url=f"http://{host}:8000"))


def test_a_shop_at_medusa_needs_its_address_its_key_and_no_demo(tmp_path: Path) -> None:
    lines = problems_of(tmp_path, shop="medusa", medusa_url="shop.example")
    assert [line.partition(":")[0] for line in lines] == [
        "RETURNDESK_DEMO",
        "RETURNDESK_MEDUSA_URL",
        "RETURNDESK_MEDUSA_SECRET_KEY",
    ]
    key = SecretStr("sk_1")
    check_settings(
        settings(tmp_path, shop="medusa", medusa_url="http://shop.example", medusa_secret_key=key, demo=False)
    )


def test_a_shop_at_shopify_needs_its_name_one_way_in_and_no_demo(tmp_path: Path) -> None:
    lines = problems_of(
        tmp_path, shop="shopify", shopify_shop="https://shop.example", shopify_api_version="2026-01"
    )
    assert [line.partition(":")[0] for line in lines] == [
        "RETURNDESK_DEMO",
        "RETURNDESK_SHOPIFY_SHOP",
        "RETURNDESK_SHOPIFY_TOKEN",
        "RETURNDESK_SHOPIFY_API_VERSION",
    ]
    named: dict[str, Any] = {"shop": "shopify", "shopify_shop": "foothill.myshopify.com", "demo": False}
    app: dict[str, Any] = {"shopify_client_id": "id", "shopify_client_secret": SecretStr("secret")}
    token: dict[str, Any] = {"shopify_token": SecretStr("shpat_1")}
    check_settings(settings(tmp_path, **named, **app))
    check_settings(settings(tmp_path, **named, **token))
    (both,) = problems_of(tmp_path, **named, **app, **token)
    assert both.startswith("RETURNDESK_SHOPIFY_TOKEN")


def test_a_chatwoot_needs_an_address_that_is_safe_a_token_an_inbox_and_a_secret(tmp_path: Path) -> None:
    lines = problems_of(tmp_path, chatwoot_url="http://chat.example")
    assert [line.partition(":")[0] for line in lines] == [
        "RETURNDESK_CHATWOOT_URL",
        "RETURNDESK_CHATWOOT_TOKEN",
        "RETURNDESK_CHATWOOT_INBOX",
        "RETURNDESK_CHATWOOT_WEBHOOK_SECRET",
    ]
    secrets = {"chatwoot_token": SecretStr("t"), "chatwoot_webhook_secret": SecretStr("s" * 16)}
    check_settings(settings(tmp_path, chatwoot_url="https://chat.example", chatwoot_inbox=7, **secrets))


def test_a_customer_service_at_wecom_needs_its_secrets_and_an_address_that_is_safe(tmp_path: Path) -> None:
    lines = problems_of(tmp_path, wecom_corp_id="ww 1", wecom_api_url="http://wecom.example")
    assert [line.partition(":")[0] for line in lines] == [
        "RETURNDESK_WECOM_CORP_ID",
        "RETURNDESK_WECOM_SECRET",
        "RETURNDESK_WECOM_TOKEN",
        "RETURNDESK_WECOM_AES_KEY",
        "RETURNDESK_WECOM_API_URL",
    ]
    secrets = {"secret": "s", "token": "t" * 8, "aes_key": "a" * 43, "previous_aes_key": "b" * 43}
    found = {f"wecom_{name}": SecretStr(value) for name, value in secrets.items()}
    check_settings(settings(tmp_path, wecom_corp_id="ww12345678910", **found))
    (line,) = problems_of(tmp_path, **found)
    assert line == "RETURNDESK_WECOM_CORP_ID: is missing, while secrets of WeCom are set"


def test_a_bot_in_telegram_needs_its_token_a_secret_and_an_address_that_is_safe(tmp_path: Path) -> None:
    lines = problems_of(tmp_path, telegram_token=SecretStr("7:short"), telegram_api_url="http://api.example")
    assert [line.partition(":")[0] for line in lines] == [
        "RETURNDESK_TELEGRAM_TOKEN",
        "RETURNDESK_TELEGRAM_SECRET",
        "RETURNDESK_TELEGRAM_API_URL",
    ]
    secrets = {"telegram_token": SecretStr("7100000001:" + "a" * 35), "telegram_secret": SecretStr("s" * 16)}
    check_settings(settings(tmp_path, **secrets))


@pytest.mark.parametrize("prefix", ["wechat", "wechat_mini"])
def test_an_account_at_wechat_needs_its_secret_a_token_and_a_key(prefix: str, tmp_path: Path) -> None:
    capitals = prefix.upper()
    lines = problems_of(tmp_path, **{f"{prefix}_app_id": "wx 1"})
    assert [line.partition(":")[0] for line in lines] == [
        f"RETURNDESK_{capitals}_{name}" for name in ("APP_ID", "APP_SECRET", "TOKEN", "AES_KEY")
    ]
    given: dict[str, Any] = {
        f"{prefix}_app_id": "wx0123456789abcdef",
        f"{prefix}_app_secret": SecretStr("s"),
        f"{prefix}_token": SecretStr("abc"),
        f"{prefix}_aes_key": SecretStr("A" * 43),
    }
    check_settings(settings(tmp_path, **given))
    (line,) = problems_of(tmp_path, **given, **{f"{prefix}_previous_aes_key": SecretStr("short")})
    assert line.startswith(f"RETURNDESK_{capitals}_PREVIOUS_AES_KEY: ")
    (line,) = problems_of(tmp_path, **{**given, f"{prefix}_app_id": ""})
    assert line.startswith(f"RETURNDESK_{capitals}_APP_ID: is missing")


def test_service_account_and_mini_program_are_different_ones_at_a_safe_address(tmp_path: Path) -> None:
    given = {
        f"{prefix}_{name}": value
        for prefix in ("wechat", "wechat_mini")
        for name, value in (
            ("app_id", "wx1"),
            ("app_secret", SecretStr("s")),
            ("token", SecretStr("abc")),
            ("aes_key", SecretStr("A" * 43)),
        )
    }
    lines = problems_of(tmp_path, **given, wechat_api_url="http://api.weixin.example")
    assert [line.partition(":")[0] for line in lines] == [
        "RETURNDESK_WECHAT_API_URL",
        "RETURNDESK_WECHAT_MINI_APP_ID",
    ]


def test_a_wrong_file_of_notices_keeps_the_service_from_starting(tmp_path: Path) -> None:
    file = tmp_path / "notices.yml"
    file.write_text("mini: {default: {id: M, fields: {first: a}}}", encoding="utf8")
    (line,) = problems_of(tmp_path, wechat_notices=str(file))
    assert line.startswith(f"RETURNDESK_WECHAT_NOTICES: {file}:1: ")


def test_a_secret_that_was_set_is_kept_and_not_written(tmp_path: Path) -> None:
    filled = load_or_make(settings(tmp_path, merchant_key=SecretStr("mine")))
    assert filled.merchant_key.get_secret_value() == "mine"
    assert not (tmp_path / "secrets" / "merchant_key").exists()


def test_the_bots_files_hold_ports_and_secret_for_the_owner_alone(tmp_path: Path) -> None:
    filled = load_or_make(settings(tmp_path))
    secret = filled.internal_secret.get_secret_value()
    write_bot_files(filled)
    files = [tmp_path / "bot" / name for name in ("credentials.yml", "endpoints.yml")]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    credentials, endpoints = (yaml.safe_load(file.read_text()) for file in files)
    assert credentials == {"bot.channel.ReturnDeskChannel": {"token": secret}}
    assert endpoints["action_endpoint"]["url"] == f"http://127.0.0.1:{filled.actions_port}/webhook"
    assert endpoints["action_endpoint"]["headers"] == {"Authorization": f"Bearer {secret}"}
    assert "token" not in endpoints["action_endpoint"]


def test_what_a_killed_bot_left_behind_is_removed(tmp_path: Path) -> None:
    filled = load_or_make(settings(tmp_path))
    write_bot_files(filled)
    temporary = tmp_path / "bot" / "tmp"
    (temporary / "unpacked").mkdir()
    (temporary / "jieba.cache").touch()
    write_bot_files(filled)
    assert [path.name for path in temporary.iterdir()] == ["jieba.cache"]


def test_trackers_go_where_the_service_keeps_its_tables(tmp_path: Path) -> None:
    url = "postgresql+asyncpg://someone:p%40ss@db.example:5433/shop?ssl=require"
    assert tracker_store(url, folder=tmp_path) == {
        "type": "bot.sessions.SessionStore",
        "url": "postgresql://someone:p%40ss@db.example:5433/shop?sslmode=require",
    }


def test_the_bots_process_is_given_no_secret(tmp_path: Path) -> None:
    filled = load_or_make(settings(tmp_path))
    outer = {"PATH": "/bin", "RETURNDESK_MERCHANT_KEY": "secret", "RETURNDESK_DATABASE_URL": "secret"}
    bot, *others = plan(filled, model=tmp_path / "m.tar.gz", outer=outer, client=httpx.AsyncClient())
    assert bot.name == "bot"
    assert "secret" not in bot.environment.values()
    assert bot.environment["RASA_TELEMETRY_ENABLED"] == "false"
    assert not any(filled.internal_secret.get_secret_value() in word for word in bot.command)
    assert [process.name for process in others] == ["actions", "worker", "front"]


def make_sources(root: Path) -> None:
    for name in ("config.yml", "domain.yml", "requirements/bot.txt", "data/nlu/zh.yml", "bot/text.py"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


@pytest.mark.parametrize(
    "name", ["config.yml", "domain.yml", "requirements/bot.txt", "data/nlu/zh.yml", "bot/text.py", "data/new.yml"]
)
def test_a_change_of_any_source_asks_for_another_model(name: str, tmp_path: Path) -> None:
    make_sources(tmp_path)
    before = fingerprint(tmp_path)
    assert fingerprint(tmp_path) == before
    (tmp_path / name).write_text("changed")
    assert fingerprint(tmp_path) != before


def test_a_renamed_source_asks_for_another_model(tmp_path: Path) -> None:
    make_sources(tmp_path)
    before = fingerprint(tmp_path)
    shutil.move(tmp_path / "bot" / "text.py", tmp_path / "bot" / "words.py")
    assert fingerprint(tmp_path) != before


async def test_a_model_that_was_asked_for_is_never_trained(tmp_path: Path) -> None:
    said: list[str] = []
    with pytest.raises(CannotStart, match="RETURNDESK_MODEL: there is no file"):
        await provide_model(settings(tmp_path, model=str(tmp_path / "none.tar.gz")), said.append)
    assert said == []


def test_warnings_to_programmers_are_told_from_the_rest() -> None:
    lines = [
        "/x/site-packages/jieba/__init__.py:44: DeprecationWarning: invalid escape sequence",
        "  re_han = re.compile()",
        "  an indented line of ours",
        "INFO  started",
        "ERROR  a UserWarning: of our own",
    ]
    noise = Noise()
    assert [noise.is_noise(line) for line in lines] == [True, True, False, False, False]


def test_of_a_progress_bar_its_last_state_is_shown() -> None:
    assert last_state(b"10%\r50%\r100%\n") == "100%"


def test_a_mail_server_needs_a_sender_encryption_and_a_whole_sign_in(tmp_path: Path) -> None:
    lines = problems_of(tmp_path, smtp_host="smtp.shop.example", smtp_security="none", smtp_user="shop")
    assert [line.partition(":")[0] for line in lines] == [
        "RETURNDESK_SMTP_FROM",
        "RETURNDESK_SMTP_SECURITY",
        "RETURNDESK_SMTP_PASSWORD",
    ]
    wrong = problems_of(tmp_path, smtp_host="localhost", smtp_from="Foothill", smtp_reply_to="nobody")
    assert len(wrong) == 2
    sender = "Foothill <service@shop.example>"
    check_settings(settings(tmp_path, smtp_host="localhost", smtp_security="none", smtp_from=sender))


def test_a_secret_of_the_mail_system_is_long(tmp_path: Path) -> None:
    [line] = problems_of(tmp_path, mail_bounce_secret=SecretStr("short"))
    assert line.startswith("RETURNDESK_MAIL_BOUNCE_SECRET:")


def test_a_gateway_for_texts_needs_a_token_and_an_address_that_is_safe(tmp_path: Path) -> None:
    lines = problems_of(tmp_path, sms_url="http://shop.example/sms", sms_token=SecretStr("short"))
    assert [line.partition(":")[0] for line in lines] == ["RETURNDESK_SMS_URL", "RETURNDESK_SMS_TOKEN"]
    check_settings(settings(tmp_path, sms_url="https://shop.example/sms", sms_token=SecretStr("t" * 32)))


def test_the_shops_page_of_signing_in_must_be_safe(tmp_path: Path) -> None:
    [line] = problems_of(tmp_path, shop_sign_in_url="http://shop.example/sign-in")
    assert line.startswith("RETURNDESK_SHOP_SIGN_IN_URL")


def test_an_identity_provider_needs_a_safe_address_a_client_and_roles_that_exist(tmp_path: Path) -> None:
    wrong = {"oidc_issuer": "http://id.example", "oidc_roles": ["support", "leads=boss", "a=b=agent"]}
    assert [line.partition(":")[0] for line in problems_of(tmp_path, **wrong)] == [
        "RETURNDESK_OIDC_ISSUER",
        "RETURNDESK_OIDC_CLIENT_ID",
        "RETURNDESK_OIDC_ROLES",
        "RETURNDESK_OIDC_ROLES",
    ]
    check_settings(
        settings(tmp_path, oidc_issuer="https://id.example/realm", oidc_client_id="desk", password_sign_in=False)
    )


def test_without_an_identity_provider_passwords_stay(tmp_path: Path) -> None:
    (line,) = problems_of(tmp_path, password_sign_in=False)
    assert line.startswith("RETURNDESK_PASSWORD_SIGN_IN: ")
