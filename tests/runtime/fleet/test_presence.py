"""The thread that shows that a process lives: nothing that an engine holds ends it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from doubles.cut import listening
from doubles.hub import until
from doubles.members import member

from relay_runtime.fleet.engine import EngineError, EngineRefused, Standing
from relay_runtime.fleet.presence import Presence, Told
from relay_runtime.fleet.redis_engine import RedisEngine
from relay_runtime.settings.engine_address import parse_address


class Strange(RedisEngine):
    """Answers once what nobody can read."""

    strange = True

    def renew(self, member: str, ledgers: Iterable[str]) -> Mapping[str, Standing]:
        if self.strange:
            self.strange = False
            raise ValueError("no number")
        return super().renew(member, ledgers)


def test_an_answer_that_nobody_can_read_is_told_and_does_not_end_the_thread(engine_url: str) -> None:
    heard: list[EngineError | None] = []
    presence = Presence(
        lambda: Strange(parse_address(engine_url)),
        member("a"),
        Told(),
        0.01,
        10.0,
        None,
        lambda error, _asked, _standing: heard.append(error),
    )
    presence.start()
    until(lambda: len(heard) > 1, "a further sign of life")
    presence.stop(10.0)
    assert isinstance(heard[0], EngineRefused)
    assert "no number" in str(heard[0])
    assert heard[1] is None


def test_one_that_is_left_before_its_thread_has_ended_leaves_nothing_over() -> None:
    with listening() as port:
        address = parse_address(f"redis://127.0.0.1:{port}")
        heard: list[EngineError | None] = []
        before = len(os.listdir("/proc/self/fd"))
        presences = [
            Presence(
                lambda: RedisEngine(address, None, 0.2),
                member("a"),
                Told(),
                0.01,
                10.0,
                None,
                lambda error, _asked, _standing: heard.append(error),
            )
            for _ in range(8)
        ]
        for each in presences:
            each.start()
        for each in presences:
            each.stop(0.0)
        until(lambda: all(each._over.is_set() for each in presences), "the end of the threads")
        until(lambda: len(os.listdir("/proc/self/fd")) <= before, "the end of their sockets")
