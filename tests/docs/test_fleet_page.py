"""The permissions that the page about the fleet asks of an engine are enough, and needed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from doubles.copied import Copied, finished, live, made_mirror
from doubles.hub import until
from doubles.members import member
from engine_server import EngineServer
from walkthrough import block_with

from relay_runtime.fleet.redis_engine import RedisEngine
from relay_runtime.settings.engine_address import parse_address

ROOT = Path(__file__).parents[2]
FLEET = ROOT / "runtime/relay_runtime/fleet"
RULE = block_with((ROOT / "docs/fleet.md").read_text(encoding="utf-8"), "ACL SETUSER")
DOCTORS = {"info"}
OF_THE_CLIENT = {"select", "client|setname", "client|setinfo"}
"""What redis-py sends by itself as it connects."""


def permitted() -> set[str]:
    return {word[1:] for word in RULE.split() if word[0] == "+"}


def sent() -> set[str]:
    """Return the commands in the code of the fleet, with their subcommands."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in FLEET.rglob("*") if path.suffix in {".py", ".lua"})
    found = re.findall(r"\.(?:call|tell)\([\"']([A-Z]+)[\"'](?:, [\"']([A-Z]+)[\"'])?(?! if)", code)
    choices = re.findall(r"\.call\(\"([A-Z]+)\" if \w+ else \"([A-Z]+)\"", code)
    containers = {"CLIENT", "SCRIPT"}
    names = {f"{name}|{sub}" if name in containers else name for name, sub in found}
    return {name.lower() for name in names | {name for pair in choices for name in pair}} | OF_THE_CLIENT


def test_what_the_code_sends_is_permitted_and_nothing_else() -> None:
    assert permitted() == sent() - DOCTORS


@pytest.fixture
def server() -> Iterator[EngineServer]:
    with EngineServer() as made:
        admin = RedisEngine(parse_address(made.url))
        admin.line.call(*RULE.replace("PASSWORD", "pass-word").split())
        admin.close()
        yield made


@pytest.mark.slow
def test_a_user_with_these_permissions_is_denied_nothing(server: EngineServer) -> None:
    url = server.url.replace("unix://", "unix://relay:pass-word@")
    engine = RedisEngine(parse_address(url))
    engine.join(member("a"), "1")
    engine.join(member("b", host="beta", machine="m2"), "2")
    mirror = made_mirror(url)
    mirror.open()
    copied = live(Copied(mirror, "l"))
    copied.append(b'["serve","c1","n",0,false]\n')
    until(lambda: copied.is_copied(engine))
    assert engine.find("c1")
    engine.drain("beta", drained=True)
    assert engine.drained() == {"beta"}
    engine.claim(engine.look("k")[0], "b", dead=True)
    finished(mirror)
    engine.leave("a")
    engine.close()
    admin = RedisEngine(parse_address(server.url))
    assert admin.line.call("ACL", "LOG") == []
    admin.close()
