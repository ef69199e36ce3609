"""The public face of the package."""

from __future__ import annotations

import subprocess
import sys

import relay_runtime


def test_every_public_name_can_be_had() -> None:
    for name in relay_runtime.__all__:
        assert getattr(relay_runtime, name) is not None


def test_no_public_name_is_listed_twice() -> None:
    assert len(relay_runtime.__all__) == len(set(relay_runtime.__all__))


def test_dir_lists_the_public_names() -> None:
    assert set(relay_runtime.__all__) <= set(dir(relay_runtime))


def test_an_unknown_name_is_an_attribute_error() -> None:
    try:
        relay_runtime.RelayClinet  # noqa: B018
    except AttributeError as error:
        assert "RelayClinet" in str(error)
    else:
        raise AssertionError("no error")


def test_importing_the_face_loads_neither_ssl_nor_gevent() -> None:
    program = "import relay_runtime, sys; sys.exit(bool({'ssl', 'gevent', 'socket'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=30).returncode == 0
