"""``relay-runtime config``: every setting, and where it came from."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from doubles.narrow import Narrow
from doubles.output import Output

from relay_runtime.cli import run
from relay_runtime.process.process import ExitCode
from relay_runtime.settings.options import OPTIONS


def test_an_unknown_key_of_the_file_in_the_current_directory_is_refused(here: Path, output: Output) -> None:
    (here / "relay.toml").write_text('hots = "x"\n')
    assert run(["config"]) == ExitCode.BAD_CONFIG
    assert "relay.toml has an unknown key: hots; did you mean host?" in output()[1]


def test_config_shows_every_setting_with_its_origin_and_no_secret(
    here: Path, monkeypatch: pytest.MonkeyPatch, output: Output
) -> None:
    (here / "relay.toml").write_text('contexts = ["office", "shop"]\noverload = "pass"\n')
    (here / "my.env").write_text("SIGNALWIRE_API_TOKEN=PT-secret\nRELAY_OVERLOAD=busy\n")
    monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", "p-1")
    assert run(["config", "--env-file", "my.env", "--json", "--drain-timeout", "5"]) == ExitCode.OK
    text = output()[0]
    assert "PT-secret" not in text
    shown = {name: (each["value"], each["from"]) for name, each in msgspec.json.decode(text).items()}
    assert set(shown) == set(OPTIONS)
    assert shown["project"] == ("p-1", "SIGNALWIRE_PROJECT_ID in the environment")
    assert shown["token"] == ("********", "SIGNALWIRE_API_TOKEN in my.env")
    assert shown["overload"] == ("busy", "RELAY_OVERLOAD in my.env")
    assert shown["contexts"] == (["office", "shop"], "contexts in relay.toml")
    assert shown["drain_timeout"] == (5.0, "--drain-timeout")
    assert shown["log_format"] == ("text", "default")


def test_config_is_a_table_for_people(output: Output) -> None:
    assert run(["config"]) == ExitCode.OK
    head, *rows = output()[0].splitlines()
    assert head.split() == ["setting", "value", "from", "meaning"]
    assert [row.split()[0] for row in rows] == list(OPTIONS)


def test_no_setting_controls_the_terminal(monkeypatch: pytest.MonkeyPatch, output: Output) -> None:
    monkeypatch.setenv("SIGNALWIRE_RELAY_CA_FILE", "p\x1b[2J\x9b1m[red]x[/red]\nforged")
    assert run(["config"]) == ExitCode.OK
    text = output()[0]
    assert r"p\x1b[2J\x9b1m[red]x[/red]\nforged" in text
    assert not {"\x1b", "\x9b"} & set(text)


def test_the_proxy_of_the_environment_is_shown_without_its_password(
    monkeypatch: pytest.MonkeyPatch, output: Output
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret-word@proxy.example.com:3128")
    assert run(["config", "--json"]) == ExitCode.OK
    shown = msgspec.json.decode(output()[0])["proxy"]
    masked = "http://me:********@proxy.example.com:3128"
    assert shown == {"value": masked, "from": "HTTPS_PROXY in the environment"}
    assert run(["config", "--proxy", "off", "--json"]) == ExitCode.OK
    assert msgspec.json.decode(output()[0])["proxy"] == {"value": "off", "from": "--proxy"}


@pytest.mark.parametrize(
    ("arguments", "variables", "says"),
    [
        (["--proxy", "socks5://p:1"], {}, "--proxy: a SOCKS proxy is not supported"),
        ([], {"HTTPS_PROXY": "ftp://me:secret-word@p:1"}, "environment variable HTTPS_PROXY: not the URL of a proxy"),
        (["--host", "ws://127.0.0.1:1", "--proxy", "http://p.example.com"], {}, "--proxy: a ws:// URL is for this"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_told_before_anything_begins(
    arguments: list[str], variables: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch, output: Output
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert run(["config", *arguments]) in {ExitCode.USAGE, ExitCode.BAD_CONFIG}
    complaint = output()[1]
    assert says in complaint
    assert "secret-word" not in complaint


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_config_loses_nothing_on_a_stdout_that_lacks_a_character(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELAY_CONTEXTS", "büro, 店")
    narrow = Narrow("ascii", monkeypatch)
    assert run(["config", *arguments]) == ExitCode.OK
    if arguments:
        assert msgspec.json.decode(narrow.text)["contexts"]["value"] == ["büro", "店"]
    else:
        assert r"b\xfcro, \u5e97" in narrow.text


@pytest.mark.parametrize("name", ["project", "token", "jwt_token", "http_token"])
@pytest.mark.parametrize("place", ["environment", "environment file", "configuration file"])
def test_a_line_break_in_a_credential_is_refused_by_the_place_where_it_stands(
    name: str, place: str, here: Path, monkeypatch: pytest.MonkeyPatch, output: Output
) -> None:
    variable, arguments = OPTIONS[name].variable, ["config"]
    if place == "environment":
        monkeypatch.setenv(variable, "s3cret\n")
        where = f"{variable} in the environment"
    elif place == "environment file":
        (here / "my.env").write_text(f'{variable}="s3cret\\n"\n')
        arguments += ["--env-file", "my.env"]
        where = f"{variable} in my.env"
    else:
        (here / "relay.toml").write_text(f'{name} = """\ns3cret\n"""\n')
        where = f"{name} in relay.toml"
    assert run(arguments) == ExitCode.BAD_CONFIG
    said = output()[1]
    assert f"relay-runtime: {where}" in said
    assert "ends in a line break; accepted is a text without spaces" in said
    assert "s3cret" not in said or name == "project"
