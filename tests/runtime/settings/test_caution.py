"""What asks for a look in where settings stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from relay_runtime.settings.caution import cautions
from relay_runtime.settings.config import Config, from_environment, from_file, from_flags, merge

TOKEN = {"SIGNALWIRE_API_TOKEN": "PTsecret"}


def said(config: Config) -> list[str]:
    return [f"{caution.says}; {caution.mend}" for caution in cautions(config)]


def led(values: dict[str, Any], environ: dict[str, str] = TOKEN, **flags: Any) -> list[str]:
    """What is said of a file in the current directory that nobody named."""
    return said(merge(from_flags(flags), from_environment(environ), from_file(values, "relay.toml", unasked=True)))


@pytest.mark.parametrize(
    ("values", "environ", "led_by"),
    [
        ({"host": "evil.example"}, TOKEN, "host in relay.toml, which nobody named"),
        ({"host": "evil.example", "project": "p"}, {"SIGNALWIRE_JWT_TOKEN": "eyJ"}, "SIGNALWIRE_JWT_TOKEN"),
        ({"ca_file": "evil.pem"}, TOKEN, "ca_file in relay.toml, which nobody named"),
        ({"host": "evil.example", "ca_file": "x"}, TOKEN, "host in relay.toml and ca_file in relay.toml"),
        ({"host": "evil.example", "jwt_token": "eyJ"}, TOKEN, "SIGNALWIRE_API_TOKEN"),
    ],
)
def test_a_file_that_nobody_named_and_another_ones_token(
    values: dict[str, Any], environ: dict[str, str], led_by: str
) -> None:
    (line,) = led(values, environ)
    assert led_by in line
    assert f"goes: to {values.get('host', 'relay.signalwire.com')}" in line
    assert "--config relay.toml" in line
    assert not {"PTsecret", "eyJ"} & set(line.split())


def test_a_token_from_a_file_of_the_environment_is_another_ones_too() -> None:
    config = merge(from_environment(TOKEN, "my.env"), from_file({"host": "evil.example"}, "relay.toml", unasked=True))
    assert "SIGNALWIRE_API_TOKEN in my.env" in said(config)[0]


def test_nothing_is_said_of_a_file_that_holds_both_or_leads_nothing() -> None:
    assert led({"host": "mine.example", "token": "PT"}, {}) == []
    assert led({"contexts": ["office"], "project": "p"}) == []
    assert led({"host": "mine.example"}, {}) == []
    assert led({"host": "evil.example"}, host="mine.example") == []


@pytest.mark.parametrize(
    ("mode", "readable"), [(0o600, False), (0o700, False), (0o604, True), (0o640, True), (0o644, True)]
)
def test_a_file_that_holds_a_secret_and_that_others_can_read(tmp_path: Path, mode: int, readable: bool) -> None:
    file = tmp_path / "relay.toml"
    file.write_text("")
    file.chmod(mode)
    for config in (
        merge(from_file({"token": "PTsecret"}, str(file))),
        merge(from_environment({"RELAY_HTTP_TOKEN": "PTsecret"}, str(file))),
    ):
        assert len(said(config)) == readable
        assert "PTsecret" not in str(said(config))
    assert said(merge(from_file({"project": "p"}, str(file)))) == []


def test_a_file_that_has_gone_meanwhile_and_one_that_is_a_pipe_are_let_be(tmp_path: Path) -> None:
    assert said(merge(from_file({"token": "PTsecret"}, str(tmp_path / "gone.toml")))) == []
    assert said(merge(from_environment(TOKEN, "/dev/null"))) == []
