"""What is sent while the mirror's connection is being opened."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.hub import until

from relay_runtime.fleet.engine import Member
from relay_runtime.fleet.line import Line
from relay_runtime.fleet.mirror import Mirror
from relay_runtime.fleet.redis_engine import ROOT, RedisEngine
from relay_runtime.fleet.sealing import Seal
from relay_runtime.settings.engine_address import parse_address


def test_lines_that_are_noted_while_the_connection_is_opened_are_told_behind_that(
    engine: RedisEngine, engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = parse_address(engine_url)
    line = Line(address, None, 1.0)
    mirror = Mirror(RedisEngine(address), line, Seal("a token"), "m1", "k", 10.0)
    engine.join(Member(id="m1", host="h", machine="m", pid=1, key="k", app="a", version="1"), "")
    mirror.admit(True)
    copy = mirror.begin("l1")
    lines = [b'["ledger"]\n']
    copy.put(lambda: b"".join(lines))
    until(lambda: bool(copy.token), limit=5)
    call = line.call

    def slowly(*words: Any) -> Any:
        line.open()
        gevent.sleep(0.6)  # the copy is told anew meanwhile, and finds a connection that is open
        lines.append(b'["answer","c1"]\n')
        copy.append(lines[-1])
        return call(*words)

    monkeypatch.setattr(line, "call", slowly)
    mirror.open()
    until(lambda: engine.line.call("GET", ROOT + "text:l1") == b"".join(lines), limit=5)
    mirror.close()
