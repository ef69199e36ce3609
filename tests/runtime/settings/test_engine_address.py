"""The URL of an engine: what is accepted, and what is said of what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay_runtime.settings.engine_address import EngineAddress, parse_address


@pytest.mark.parametrize(
    ("text", "address", "place"),
    [
        ("redis://engine", EngineAddress(host="engine"), "redis://engine:6379"),
        ("redis://10.0.0.1:7000/2", EngineAddress(host="10.0.0.1", port=7000, db=2), "redis://10.0.0.1:7000"),
        ("redis://engine/?db=2", EngineAddress(host="engine", db=2), "redis://engine:6379"),
        ("redis://[::1]:7000", EngineAddress(host="::1", port=7000), "redis://[::1]:7000"),
        ("redis://:p%40ss@engine", EngineAddress(host="engine", password="p@ss"), "redis://engine:6379"),
        (
            "rediss://me:secret@engine:6380/1?ca_file=ca.pem",
            EngineAddress(secure=True, host="engine", port=6380, db=1, user="me", password="secret", ca_file="ca.pem"),
            "rediss://engine:6380",
        ),
        ("unix:///run/redis.sock?db=3", EngineAddress(path="/run/redis.sock", db=3), "unix:///run/redis.sock"),
        ("unix://me:secret@/run/x", EngineAddress(path="/run/x", user="me", password="secret"), "unix:///run/x"),
        ("unix:///a%20b", EngineAddress(path="/a b"), "unix:///a b"),
        ("local:", EngineAddress(local=True), "local:"),
        ("LOCAL:/run/a%20fleet", EngineAddress(local=True, path="/run/a fleet"), "local:/run/a fleet"),
        ("local:///run/fleet", EngineAddress(local=True, path="/run/fleet"), "local:/run/fleet"),
    ],
)
def test_a_url_is_read_and_shown_without_its_password(text: str, address: EngineAddress, place: str) -> None:
    assert parse_address(text) == address
    assert address.place == place
    assert repr(address) == f"<EngineAddress {place}>"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "does not begin with redis://"),
        ("engine:6379", "does not begin with redis://"),
        ("http://engine", "does not begin with redis://"),
        ("redis://", "has no host"),
        ("redis://:secret@", "has no host"),
        ("redis://:secret@engine:port", "host or port is wrong"),
        ("redis://:secret@engine:99999", "host or port is wrong"),
        ("redis://:secret@[::1", "host or port is wrong"),
        ("redis://:secret@engine:0", "port is 0"),
        ("redis://:secret@a..b", "host is wrong"),
        (f"redis://:secret@{'x' * 70}", "host is wrong"),
        ("redis://:secret@engine/one", "database is no number"),
        ("redis://:secret@engine/-1", "database is no number"),
        ("redis://:secret@engine/²", "database is no number"),
        (f"redis://:secret@engine/{'9' * 5000}", "database is no number"),
        ("redis://:secret@engine?db=", "database is no number"),
        ("redis://:secret@engine/1?db=1", "named twice"),
        ("redis://:secret@engine?db=1&db=2", "names something twice"),
        ("redis://:secret@engine?ca_file=x", "ca_file is for rediss://"),
        ("unix://:secret@/run/x?ca_file=x", "ca_file is for rediss://"),
        ("rediss://:secret@engine?ca_file=", "ca_file is empty"),
        ("redis://:secret@engine?timeout=5", "something else than db and ca_file"),
        ("redis://:secret@engine#1", "a # in it"),
        ("redis://:sec ret@engine", "a space"),
        ("redis://:secret\n@engine", "a space or a control character"),
        ("unix://", "has no path"),
        ("unix://run/redis.sock", "unix:///run/redis.sock"),
        ("unix://:secret@run/redis.sock", "has a host"),
        ("unix:///run/%00x", "control character"),
        ("local:fleet", "does not begin with /"),
        ("local:~/fleet", "does not begin with /"),
        ("local://secret/fleet", "where only a directory may be"),
        ("local:/fleet?db=1", "where only a directory may be"),
        ("local:/fleet%00", "NUL"),
        # passwords that should have been quoted
        ("redis://u:sec?ret@engine", "host or port is wrong"),
        ("redis://u:a@b?secret&ret@engine", "something else than db and ca_file"),
        ("redis://u:12/secret@engine", "database is no number"),
        ("redis://u:12#secret@engine", "a # in it"),
    ],
)
def test_what_is_none_is_said_to_be_none_and_not_repeated(text: str, why: str) -> None:
    with pytest.raises(ValueError, match="not the URL of a fleet's engine") as refused:
        parse_address(text)
    assert why in str(refused.value)
    assert "accepted: redis://host:6379/0" in str(refused.value)
    assert "secret" not in str(refused.value)
    assert "ret@" not in str(refused.value)
    assert refused.value.__cause__ is None


@given(
    st.text(max_size=40),
    st.sampled_from(["", "redis://", "rediss://u:p@", "unix:///", "redis://h/", "redis://h?", "local:"]),
)
def test_whatever_it_is_it_is_read_or_refused(text: str, start: str) -> None:
    try:
        address = parse_address(start + text)
    except ValueError:
        return
    assert address.local or bool(address.path) != bool(address.host)
    assert 0 < address.port < 65536


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("redis://:SECRET@host/1", "redis://:***@host:6379/1"),
        ("rediss://me:SECRET@host", "rediss://me:***@host:6379"),
        ("redis://me@host", "redis://me@host:6379"),
        ("unix://me:SECRET@/run/s?db=2", "unix://me:***@/run/s?db=2"),
        ("local:", "local:"),
        ("local:/run/fleet", "local:/run/fleet"),
    ],
)
def test_people_see_a_mask_in_the_place_of_the_password(text: str, shown: str) -> None:
    address = parse_address(text)
    assert address.shown("***") == shown
    assert "SECRET" not in repr(address)
