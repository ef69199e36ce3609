"""From flags, environment and files to the effective settings."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from relay_runtime.cli.configuring import apply, apply_unchecked, effective, require_login
from relay_runtime.cli.failure import Failure
from relay_runtime.process.process import ExitCode
from relay_runtime.settings.config import Config, Found, from_file, merge


def found(first: dict[str, Found] | None = None, last: dict[str, Found] | None = None, **given: object) -> Config:
    return effective(given, config_file=None, env_file=Path("my.env"), first=first, last=last)


def test_the_places_are_asked_in_order(here: Path) -> None:
    os.environ["RELAY_OVERLOAD"] = "pass"
    (here / "my.env").write_text("RELAY_OVERLOAD=busy\nRELAY_WORKERS=2\n")
    (here / "relay.toml").write_text("workers = 3\ndrain_timeout = 4\n")
    config = found({"host": Found("first.example.com", "a test")}, {"log_level": Found("error", "a test")}, host="x")
    origins = {each.option.name: each.origin for each in config}
    assert (config["host"], origins["host"]) == ("first.example.com", "a test")
    assert (config["overload"], origins["overload"]) == ("pass", "RELAY_OVERLOAD in the environment")
    assert (config["workers"], origins["workers"]) == (2, "RELAY_WORKERS in my.env")
    assert (config["drain_timeout"], origins["drain_timeout"]) == (4.0, "drain_timeout in relay.toml")
    assert (config["log_level"], config["log_format"]) == ("error", "text")


def test_a_file_that_was_named_must_be_there_and_the_usual_one_need_not() -> None:
    effective({}, config_file=None, env_file=None)
    with pytest.raises(Failure, match=r"no\.toml does not exist") as failure:
        effective({}, config_file=Path("no.toml"), env_file=None)
    assert failure.value.code == ExitCode.BAD_CONFIG


def test_a_wrong_value_is_a_wrong_command_line_or_a_wrong_setting() -> None:
    with pytest.raises(Failure, match=r"^--worker-timeout is 'abc': accepted is a number of seconds from 1") as failure:
        found(worker_timeout="abc")
    assert failure.value.code == ExitCode.USAGE
    os.environ["RELAY_WORKER_TIMEOUT"] = "abc"
    with pytest.raises(Failure, match=r"^RELAY_WORKER_TIMEOUT in the environment is 'abc': accepted is") as failure:
        effective({}, config_file=None, env_file=None)
    assert failure.value.code == ExitCode.BAD_CONFIG


def test_a_client_that_reads_the_environment_gets_the_settings_and_no_others() -> None:
    os.environ["SIGNALWIRE_JWT_TOKEN"] = "left over"
    apply(merge(from_file({"project": "p", "token": "t", "max_active_calls": 7, "drain_timeout": 5}, "relay.toml")))
    assert os.environ["SIGNALWIRE_PROJECT_ID"] == "p"
    assert os.environ["RELAY_MAX_ACTIVE_CALLS"] == "7"
    assert "SIGNALWIRE_JWT_TOKEN" not in os.environ
    assert "RELAY_DRAIN_TIMEOUT" not in os.environ


def test_an_authority_file_is_looked_at_unless_somebody_else_does() -> None:
    config = merge(from_file({"ca_file": "none.pem"}, "relay.toml"))
    with pytest.raises(Failure, match=r"ca_file in relay\.toml: .*'none\.pem' does not exist"):
        apply(config)
    apply_unchecked(config)
    assert os.environ["SIGNALWIRE_RELAY_CA_FILE"] == "none.pem"


@pytest.mark.parametrize("given", [{"project": "p", "token": "t"}, {"jwt_token": "j"}])
def test_project_and_token_or_a_jwt_are_a_login(given: dict[str, str]) -> None:
    require_login(merge(from_file(given, "relay.toml")))


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, r"project \(SIGNALWIRE_PROJECT_ID, or project in relay\.toml\) and token \("),
        ({"project": "p"}, r"credentials: token \(SIGNALWIRE_API_TOKEN"),
    ],
)
def test_what_is_missing_of_a_login_is_named_with_its_places(given: dict[str, str], missing: str) -> None:
    with pytest.raises(Failure, match=missing) as failure:
        require_login(merge(from_file(given, "relay.toml")))
    assert failure.value.code == ExitCode.BAD_CONFIG


@pytest.fixture
def core_limit() -> Iterator[int]:
    """The largest core dump that this process may allow itself; it is what is allowed."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    yield before[1]
    resource.setrlimit(resource.RLIMIT_CORE, before)


def test_a_process_leaves_no_core_dump_unless_it_is_told_to(core_limit: int) -> None:
    if core_limit == 0:
        pytest.skip("this process may have no core dumps")
    os.environ["RELAY_CORE_DUMPS"] = "true"
    effective({}, config_file=None, env_file=None)
    assert resource.getrlimit(resource.RLIMIT_CORE) == (core_limit, core_limit)
    del os.environ["RELAY_CORE_DUMPS"]
    effective({}, config_file=None, env_file=None)
    assert resource.getrlimit(resource.RLIMIT_CORE) == (0, core_limit)


HOSTILE = 'host = "evil.example"\nlog_level = "error"\n'


def test_a_file_that_nobody_named_leads_no_token_elsewhere_in_silence(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.environ["SIGNALWIRE_API_TOKEN"] = "PTsecret"
    (here / "relay.toml").write_text(HOSTILE)
    effective({}, config_file=None, env_file=None)
    (line,) = capsys.readouterr().err.splitlines()
    assert "WARNING" in line
    assert "host in relay.toml, which nobody named" in line
    assert "SIGNALWIRE_API_TOKEN in the environment goes: to evil.example" in line
    assert "PTsecret" not in line


@pytest.mark.parametrize("named", ["file", "host", "sandbox", "worker"])
def test_nothing_is_said_when_it_was_meant_or_somebody_else_says_it(
    here: Path, capsys: pytest.CaptureFixture[str], named: str
) -> None:
    os.environ["SIGNALWIRE_API_TOKEN"] = "PTsecret"
    (here / "relay.toml").write_text(HOSTILE)
    effective(
        {"host": "mine.example" if named == "host" else None},
        config_file=Path("relay.toml") if named == "file" else None,
        env_file=None,
        first={"host": Found("ws://127.0.0.1:9", "--sandbox")} if named == "sandbox" else None,
        tells=named != "worker",
    )
    assert capsys.readouterr().err == ""


def test_a_file_with_a_token_that_others_can_read_is_told_of_once(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "relay.toml").write_text('token = "PTsecret"\nhttp_token = "scrape-me"\n')
    (here / "relay.toml").chmod(0o640)
    effective({}, config_file=None, env_file=None)
    (line,) = capsys.readouterr().err.splitlines()
    assert "others can read relay.toml, which holds token and http_token; chmod 600 relay.toml" in line
    (here / "relay.toml").chmod(0o600)
    effective({}, config_file=None, env_file=None)
    assert capsys.readouterr().err == ""
