"""Where the engine of a fleet is, as it is given."""

from __future__ import annotations

import pytest

from relay_runtime.settings.engine_address import EngineAddress, parse_address


@pytest.mark.parametrize(
    ("text", "address", "place"),
    [
        ("redis://host", EngineAddress(host="host"), "redis://host:6379"),
        ("redis://Host:7000/3", EngineAddress(host="host", port=7000, db=3), "redis://host:7000"),
        ("redis://host?db=3", EngineAddress(host="host", db=3), "redis://host:6379"),
        ("redis://[::1]", EngineAddress(host="::1"), "redis://[::1]:6379"),
        (
            "rediss://me:p%2Fs@host/?ca_file=/a/ca.pem",
            EngineAddress(secure=True, host="host", user="me", password="p/s", ca_file="/a/ca.pem"),
            "rediss://host:6379",
        ),
        ("unix:///run/a%20b?db=1", EngineAddress(path="/run/a b", db=1), "unix:///run/a b"),
        ("unix://me:pass@/run/s", EngineAddress(path="/run/s", user="me", password="pass"), "unix:///run/s"),
        ("local:", EngineAddress(local=True), "local:"),
        ("LOCAL:/run/a%20fleet", EngineAddress(local=True, path="/run/a fleet"), "local:/run/a fleet"),
        ("local:///run/fleet", EngineAddress(local=True, path="/run/fleet"), "local:/run/fleet"),
    ],
)
def test_an_address_is_read_and_says_its_place(text: str, address: EngineAddress, place: str) -> None:
    assert parse_address(text) == address
    assert address.place == place


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("host:6379", "does not begin with redis://"),
        ("http://me:SECRET@host", "does not begin with redis://"),
        ("", "does not begin with redis://"),
        ("redis://:SECRET@", "has no host"),
        ("redis://:SECRET@host:0", "port is 0"),
        ("redis://:SECRET@host:99999", "host or port is wrong"),
        ("redis://:SECRET@host/one", "database is no number"),
        ("redis://:SECRET@host/1?db=1", "named twice"),
        ("redis://:SECRET@host?ca_file=x", "ca_file is for rediss://"),
        ("redis://:SECRET@host?retries=1", "it has retries, where only"),
        ("redis://:SEC#RET@host", "host or port|written %23"),
        ("redis://:SEC RET@host", "a space"),
        ("unix://", "has no path"),
        ("local:fleet", "does not begin with /"),
        ("local:~/fleet", "does not begin with /"),
        ("local://SECRET/fleet", "where only a directory may be"),
        ("local:/fleet?db=1", "where only a directory may be"),
        ("local:/fleet%00", "NUL"),
    ],
)
def test_what_is_no_address_is_refused_with_what_is_accepted_and_is_not_repeated(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=f"({says}).*accepted: redis://host:6379/0.*local:") as caught:
        parse_address(text)
    assert not any(part in str(caught.value) for part in ("SEC", "RET"))


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
