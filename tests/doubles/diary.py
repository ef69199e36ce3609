"""Calls whose code is given by a test, and that write down what is called."""

from __future__ import annotations

from typing import Any

from doubles.hub import LIMIT
from gevent.event import Event

from relay_actors.call.call import CallActor

__all__ = ["Diary", "held", "scripted", "waits_for_the_end"]


class Diary(CallActor):
    """Writes down what is called; ``script`` is its run()."""

    script: Any = None

    def __init__(self, setup: Any) -> None:
        super().__init__(setup)
        self.pages: list[str] = []
        self.gate = Event()

    def run(self) -> None:
        self.pages.append("run")
        if self.script is not None:
            type(self).script(self)

    def on_offer(self, _: Any) -> None:
        self.pages.append("offer")

    def on_answered(self, _: Any) -> None:
        self.pages.append("answered")

    def on_record(self, event: Any) -> None:
        self.pages.append(f"record {event.state}")

    def on_ended(self, event: Any) -> None:
        self.pages.append(f"ended {event.end_reason}")


def scripted(script: Any, base: type[Diary] = Diary) -> type[Diary]:
    return type("Scripted", (base,), {"script": script})


def waits_for_the_end(call: Diary) -> None:
    call.wait_for_ended()


def held(script: Any = None) -> type[Diary]:
    """A class whose run() begins when the gate opens."""

    def begin(call: Diary) -> None:
        call.gate.wait(LIMIT)
        if script is not None:
            script(call)

    return scripted(begin)
