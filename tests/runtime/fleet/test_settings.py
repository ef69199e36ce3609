"""What a process of a fleet is told, and what is said of what can't be."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from relay_runtime.fleet import settings as of_settings
from relay_runtime.fleet.settings import FleetSettings, checked_fleet, checked_host, machine_id
from relay_runtime.settings.engine_address import EngineAddress

ADDRESS = EngineAddress(host="engine", password="secret")


def test_a_url_is_enough() -> None:
    assert checked_fleet("redis://:secret@engine") == FleetSettings(address=ADDRESS)
    own = FleetSettings(address=ADDRESS, host="alpha", lease=3.0)
    assert checked_fleet(own) is own


def test_what_is_neither_url_nor_settings_is_named() -> None:
    with pytest.raises(TypeError, match="argument fleet= is int; accepted are a URL"):
        checked_fleet(5)
    with pytest.raises(ValueError, match="fleet in app.toml is not the URL") as refused:
        checked_fleet("redis://:secret@engine/x", "fleet in app.toml")
    assert "secret" not in str(refused.value)


def test_no_secret_is_shown() -> None:
    shown = repr(FleetSettings(address=ADDRESS, host="alpha", secret="secret"))
    assert shown == "<FleetSettings redis://engine:6379 host='alpha'>"


@pytest.mark.parametrize("lease", [0.0, -1.0, 0.09, 3601.0, float("nan"), float("inf")])
def test_a_lease_that_can_not_be_is_named(lease: float) -> None:
    with pytest.raises(ValueError, match=r"lease is .*; accepted are 0.1 to 3600 seconds"):
        FleetSettings(address=ADDRESS, lease=lease)


def test_a_host_is_called_as_the_machine_is_unless_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_settings, "gethostname", lambda: "the-machine")
    assert checked_host("") == "the-machine"
    assert checked_host("a.b-c_1") == "a.b-c_1"


@pytest.mark.parametrize("name", ["-a", ".", "a b", "a\n", "ä", "a/b", "x" * 101])
def test_a_name_that_can_not_be_a_hosts_is_named(name: str) -> None:
    with pytest.raises(ValueError, match="can't be the name of a host; accepted are letters"):
        checked_host(name)


def test_a_machine_is_told_apart_by_its_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert machine_id() == machine_id() != ""
    monkeypatch.setattr(of_settings, "_BOOT", tmp_path / "none")
    assert machine_id() == socket.gethostname()


def test_settings_are_made_of_a_url_and_a_name() -> None:
    made = FleetSettings.at("redis://:hidden@redis.internal/2", host="alpha", secret="too", lease=5.0)
    assert (made.address.host, made.address.db, made.host, made.lease) == ("redis.internal", 2, "alpha", 5.0)
    assert "hidden" not in repr(made)
    assert "too" not in repr(made)
    with pytest.raises(ValueError, match="not the URL"):
        FleetSettings.at("http://redis.internal")
    with pytest.raises(ValueError, match="can't be the name of a host"):
        FleetSettings.at("redis://redis.internal", host="a b")
