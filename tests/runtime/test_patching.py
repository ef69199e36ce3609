"""Who patches the standard library: the process, first thing, unless its app is of asyncio; the library, never."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

NAMES = ["socket", "ssl", "threading", "time", "select", "os", "subprocess", "signal", "queue"]

FACE = """
import sys
import relay_runtime
loaded = {"ssl", "gevent", "pykka", "loguru"} & set(sys.modules)
assert not loaded, loaded
assert "RelayClient" in dir(relay_runtime)
"""

LIBRARY = f"""
import importlib, pkgutil, re

def caught():
    with open("/proc/self/status") as status:  # gevent takes signals without telling Python
        return int(re.search("SigCgt:\\t(.*)", status.read())[1], 16) & 0x7fffffff  # those above are the C library's

before = caught()
import relay_actors, relay_runtime
for package in (relay_actors, relay_runtime):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
for name in relay_runtime.__all__:
    getattr(relay_runtime, name)

from relay_runtime import RelayClient
from relay_runtime.sandbox import Sandbox
with Sandbox() as sandbox:
    with RelayClient(sandbox.project, sandbox.token, host=sandbox.url, contexts=["office"]) as client:
        assert client.relay_protocol
        assert caught() == before, (hex(before), hex(caught()))

from gevent import monkey
patched = [name for name in {NAMES} if monkey.is_module_patched(name)]
assert not patched, patched
"""

PROCESS = f"""
import sys
from relay_runtime.__main__ import main
assert "ssl" not in sys.modules and "gevent" not in sys.modules
sys.argv = ["relay-runtime", "--version"]
try:
    main()
except SystemExit as end:
    assert end.code == 0, end.code
from gevent import monkey
missing = [name for name in {NAMES} if not monkey.is_module_patched(name)]
assert not missing, missing
assert "relay_runtime.sandbox" not in sys.modules  # a process in production loads no sandbox
"""

ASYNCIO = f"""
import sys
from relay_runtime.__main__ import main
sys.argv = ["relay-runtime", "start", "no_such_app:client", "--asyncio"]
try:
    main()
except SystemExit as end:
    assert end.code == 3, end.code
from gevent import monkey
patched = [name for name in {NAMES} if monkey.is_module_patched(name)]
assert not patched, patched
"""


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(FACE, id="importing the face loads neither ssl nor gevent"),
        pytest.param(LIBRARY, id="the library patches nothing, whatever of it is imported or used"),
        pytest.param(PROCESS, id="the process patches before anything else is loaded"),
        pytest.param(ASYNCIO, id="for an app of asyncio the process patches nothing"),
    ],
)
def test_in_a_fresh_interpreter(program: str) -> None:
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr
