"""The sandbox stands beside the client: it shares no code with it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import relay_runtime.sandbox

ROOT = Path(relay_runtime.sandbox.__file__).parent


ALLOWED = {"gevent", "geventwebsocket", "loguru", "msgspec", "websockets"}
SHARED = {"ground/clock.py": "clock", "ground/ids.py": "chance"}
"""What a test owns for both ends of the wire, and the one module that asks for it."""


def imports_of(path: Path) -> Iterator[str]:
    shared = SHARED.get(str(path.relative_to(ROOT)))
    for node in ast.walk(ast.parse(path.read_text())):
        if ast.unparse(node) == f"from relay_actors.kit import {shared}":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield node.module or ""


def test_it_imports_nothing_of_the_client_or_the_actors() -> None:
    for path in ROOT.rglob("*.py"):
        for name in imports_of(path):
            top = name.split(".")[0]
            fine = name.startswith("relay_runtime.sandbox") or top in ALLOWED or top in sys.stdlib_module_names
            assert fine, f"{path.relative_to(ROOT)} imports {name}"


def test_it_patches_nothing_and_loads_no_actor() -> None:
    program = (
        "import sys, relay_runtime.sandbox, gevent.monkey;"
        "assert not gevent.monkey.is_anything_patched() if hasattr(gevent.monkey, 'is_anything_patched')"
        " else not gevent.monkey.saved;"
        "assert {name for name in sys.modules if name.startswith(('relay_actors', 'pykka'))} =="
        " {'relay_actors', 'relay_actors.kit', 'relay_actors.kit.clock', 'relay_actors.kit.chance'}"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=30, check=False).returncode == 0


def test_every_file_is_short() -> None:
    for path in ROOT.rglob("*.py"):
        assert len(path.read_text().splitlines()) < 400, path
