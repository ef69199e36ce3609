"""The thread that shows that a process lives: nothing that an engine holds ends it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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
