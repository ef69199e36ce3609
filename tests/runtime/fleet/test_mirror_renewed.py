"""A copy that is to be told anew while it is being told."""

from __future__ import annotations

from typing import Any

from doubles.hub import until
from gevent.event import Event

from relay_runtime.fleet.mirror import MirroredLedger
from relay_runtime.fleet.sealing import Seal


class SlowMirror:
    """Tells the engine a whole ledger when it is let; keeps what the engine has."""

    is_open = True
    is_doubtful = False

    def __init__(self) -> None:
        self.seal = Seal("a token")
        self.may_go_on = Event()
        self.text = b""
        self.puts = 0

    def is_admitted(self, timeout: float) -> bool:
        return timeout >= 0

    def put(self, copy: MirroredLedger, text: bytes) -> int:
        assert copy.token in {0, 7}
        self.puts += 1
        self.may_go_on.wait()
        self.text = text
        return 7

    def send(self, words: bytes) -> None:
        raise AssertionError(words)


def test_lines_that_came_while_a_ledger_was_told_are_told_though_it_was_to_be_told_anew_meanwhile() -> None:
    mirror: Any = SlowMirror()
    copy = MirroredLedger(mirror, "l1", 0)
    lines = [b'["ledger"]\n']
    copy.put(lambda: b"".join(lines))
    until(lambda: mirror.puts == 1)
    lines.append(b'["answer","c1"]\n')
    copy.append(lines[-1])
    copy.renew()
    mirror.may_go_on.set()
    until(lambda: mirror.text == b"".join(lines), limit=5)
    assert mirror.puts == 2
