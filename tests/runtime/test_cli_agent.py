"""`returndesk agent`: accounts from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from runtime.cli import main
from runtime.cli_agent import app

PASSWORD = "correct horse battery\n"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RETURNDESK_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def run(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, list(words), input=typed)


def test_an_account_is_made_shown_changed_and_disabled() -> None:
    limits = ("--limit", "CNY=2000", "--limit", "JPY=30000")
    made = run("add", "wei", "--role", "agent", *limits, "--display", "魏", typed=PASSWORD)
    assert (made.exit_code, made.output) == (0, "wei may sign in\n")
    assert run("list").output == "wei  agent  魏  CNY=2000.00 JPY=30000\n"
    assert run("change", "wei", "--role", "supervisor", "--limit", "CNY=99.50").exit_code == 0
    assert run("list").output == "wei  supervisor  魏  CNY=99.50\n"
    assert run("rename", "wei", "小魏").output == "wei  supervisor  小魏  CNY=99.50\n"
    assert run("password", "wei", typed="another long password\n").exit_code == 0
    assert run("disable", "wei").exit_code == 0
    assert "disabled" in run("list").output
    assert run("enable", "wei").exit_code == 0


def test_a_second_factor_is_shown_as_address_and_as_picture() -> None:
    run("add", "wei", "--role", "agent", typed=PASSWORD)
    shown = run("totp", "wei").output
    assert shown.startswith("otpauth://totp/ReturnDesk:wei?secret=")
    assert "█" in shown
    assert "code" in run("list").output
    assert run("totp", "wei", "--off").exit_code == 0
    assert "code" not in run("list").output


@pytest.mark.parametrize(
    ("words", "typed", "reason"),
    [
        (("add", "Wei", "--role", "agent"), PASSWORD, "small letters"),
        (("add", "wei", "--role", "agent"), "short\n", "12 characters"),
        (("add", "wei", "--role", "agent", "--limit", "CNY=0.001"), PASSWORD, "no limit"),
        (("add", "wei", "--role", "agent", "--limit", "2000"), PASSWORD, "no limit"),
        (("add", "wei", "--role", "agent", "--language", "fr"), PASSWORD, "zh or en"),
        (("disable", "nobody"), "", "no such account"),
        (("rename", "nobody", "Wei"), "", "no such account"),
        (("rename", "nobody", "x" * 41), "", "1 to 40 characters"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(words: tuple[str, ...], typed: str, reason: str) -> None:
    done = run(*words, typed=typed)
    assert done.exit_code == 1
    assert reason in done.output
    assert len(done.output.splitlines()) == 1


def test_a_password_is_never_an_argument() -> None:
    assert run("add", "wei", "--role", "agent", "--password", "x").exit_code == 2


def test_a_file_that_is_missing_is_named_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["returndesk", "agent", "list"])
    for variable in ("RETURNDESK_HOURS_FILE", "RETURNDESK_POLICY_FILE"):
        with monkeypatch.context() as here:
            here.setenv(variable, str(tmp_path / "nowhere.yml"))
            with pytest.raises(SystemExit) as ended:
                main()
        assert ended.value.code == 1
        [line] = capsys.readouterr().err.splitlines()
        assert line.startswith(f"{variable}: {tmp_path / 'nowhere.yml'}")
        assert "No such file" in line


def test_somebody_is_invited_to_sign_in_through_the_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    run("add", "wei", "--role", "agent", typed=PASSWORD)
    run("add", "li", "--role", "agent", typed=PASSWORD)
    assert "set RETURNDESK_OIDC_ISSUER" in run("invite", "wei", "--subject", "u-1").output
    monkeypatch.setenv("RETURNDESK_OIDC_ISSUER", "https://id.example")
    assert run("invite", "wei", "--subject", "u-1").output == "wei may sign in through https://id.example\n"
    assert run("invite", "wei", "--email", "wei@example.com").exit_code == 0
    for words, told in (
        (("li", "--subject", "u-1"), "this subject has an account"),
        (("li", "--email", "nonsense"), "this is no e-mail address"),
        (("li", "--subject", "u-2", "--email", "li@example.com"), "give --subject or --email"),
        (("nobody", "--subject", "u-3"), "there is no such account"),
    ):
        refused = run("invite", *words)
        assert (refused.exit_code, told in refused.output) == (1, True)
    assert run("uninvite", "wei").output == "wei: 2 taken away\n"
