"""Names that are loaded when they are used: the right ones, once, and no others."""

from __future__ import annotations

import subprocess
import sys

import pytest

import relay_runtime.replay
import relay_runtime.testing


@pytest.mark.parametrize("package", [relay_runtime.replay, relay_runtime.testing])
def test_every_public_name_is_loaded_and_kept(package: object) -> None:
    for name in package.__all__:
        value = getattr(package, name)
        assert vars(package)[name] is value
    assert set(package.__all__) <= set(dir(package))


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'relay_runtime\.testing' has no attribute 'Nobody'"):
        _ = relay_runtime.testing.Nobody


def test_importing_a_package_loads_none_of_its_modules() -> None:
    program = (
        "import sys, relay_runtime.testing, relay_runtime.replay;"
        "rooms = ('relay_runtime.testing.', 'relay_runtime.replay.');"
        "found = [name for name in sys.modules if name.startswith(rooms)];"
        "sys.exit(bool(found) or 'gevent' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0
