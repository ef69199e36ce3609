"""The page about networks says what holds, and its program runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from doubles.client import LIMIT
from walkthrough import block_with

from relay_runtime import RelayClient, Timing
from relay_runtime.sandbox import Sandbox
from relay_runtime.settings import proxy
from relay_runtime.settings.endpoint import parse_host
from relay_runtime.settings.proxy import parse_proxy
from relay_runtime.websocket import addresses, opening, tunnel

PAGE = (Path(__file__).parents[2] / "docs" / "networks.md").read_text(encoding="utf-8")
PROGRAM = block_with(PAGE, "jwt_token=current_jwt")
ERRORS = block_with(PAGE, "through the proxy proxy.example.com:3128")


def test_its_program_logs_in_with_what_stands_in_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        (tmp_path / "relay.jwt").write_text(f"{sandbox.jwt_token}\n")
        monkeypatch.setenv("SIGNALWIRE_SPACE", sandbox.url)
        names: dict[str, Any] = {}
        exec(PROGRAM.replace("/run/secrets", str(tmp_path)), names)
        client: RelayClient = names["client"]
        client.connect(timeout=LIMIT)
        assert client.jwt_token == sandbox.jwt_token
        client.disconnect()


def test_its_figures_are_those_of_the_code() -> None:
    assert f"`Timing.connect_timeout` ({Timing().connect_timeout:g} s)" in PAGE
    assert f"every {addresses._DELAY * 1000:g} ms" in " ".join(PAGE.split())
    assert ", ".join(f"`{name}`" for name in proxy._VARIABLES) in PAGE


def test_its_errors_are_those_that_are_raised() -> None:
    refusal = tunnel._refusal(parse_host("relay.signalwire.com"), parse_proxy("proxy.example.com:3128"), 407, b"")
    first, second = ERRORS.splitlines()
    assert first == str(refusal)
    assert second.endswith(
        f" through the proxy proxy.example.com:3128: the connection was refused; {opening._PROXY_ADVICE}"
    )
