"""What the client does in the chaos run: calls whose code does things by chance, dials, messages; and their books."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import gevent

from proof.chaos_server import CALLEES, US
from relay_actors.call.call import CallActor
from relay_runtime import ConnectionLost, RelayClient, RelayError, RelayTimeout, phone
from relay_runtime.watch.hub_lag import HubLag

__all__ = ["Books", "Chaotic", "Diallers"]

T = TypeVar("T")
_STEP = 4.0  # seconds that a wait of a call's code may take
_LATE = 1.0  # seconds that a wait may take beyond its limit, and beyond what the hub itself was late


class Books:
    """What was begun and what has ended, so that nothing can be lost unseen.

    Attributes:
        begun: calls whose code began.
        finished: calls whose code ended.
        farewells: calls by how often their ``on_ended`` ran.
        waits: waits by how they ended.
        late: waits that ended too late, or with an error that is none of the runtime's.
        open: waits from outside of calls, without a limit, that have not ended.
        live, most_live: calls whose code runs at this moment, and the most of them.
        lag: how late the hub was.
    """

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.begun = 0
        self.finished = 0
        self.farewells: Counter[int] = Counter()
        self.waits: Counter[str] = Counter()
        self.late: list[str] = []
        self.open = 0
        self.live = 0
        self.most_live = 0
        self.lag = HubLag()

    def timed(self, what: str, limit: float, wait: Callable[[], T]) -> T:
        """Run a wait, and book how it ended."""
        begun, how = time.monotonic(), "done"
        try:
            return wait()
        except BaseException as error:
            how = type(error).__name__
            if not isinstance(error, RelayError | ValueError | gevent.GreenletExit):
                self.late.append(f"{what} raised {error!r}")
            raise
        finally:
            self.waits[how] += 1
            beyond = time.monotonic() - begun - limit - _LATE - self.lag.recent()
            if beyond > 0:
                self.late.append(f"{what} ended by {how} {beyond:.2f} s too late")


class Chaotic(CallActor):
    """Answers, and does three things by chance."""

    def __init__(self, setup: Any, books: Books) -> None:
        super().__init__(setup)
        self.books = books
        self.ends = 0
        self.plan = books.chance.choices(_THINGS, k=3)
        books.begun += 1
        if books.chance.random() < 0.1:
            books.open += 1
            gevent.spawn(self._wait_for_nothing)

    def _wait_for_nothing(self) -> None:
        """Wait from outside, without a limit, for what never comes: the end of the call must end it."""
        try:
            self.wait_for("calling.call.tap")
        except RelayError:
            self.books.open -= 1

    def run(self) -> None:
        books = self.books
        books.live += 1
        books.most_live = max(books.most_live, books.live)
        try:
            if self.direction == "inbound":
                self.step("answer", self.answer)
                self.awaits("answered", self.wait_for_answered)
            for thing in self.plan:
                thing(self)
            self.step("hangup", self.hangup)
            self.awaits("ended", self.wait_for_ended)
        finally:
            books.live -= 1
            books.finished += 1

    def on_ended(self, _event: Any) -> None:
        self.books.farewells[self.ends] -= 1
        self.ends += 1
        self.books.farewells[self.ends] += 1

    def step(self, what: str, command: Callable[[], T]) -> T:
        limit = self._relay.environment.timing.request_timeout
        while True:
            try:
                return self.books.timed(what, limit, command)
            except ConnectionLost:
                continue

    def awaits(self, what: str, wait: Callable[[float], object]) -> None:
        try:
            self.books.timed(what, _STEP, lambda: wait(_STEP))
        except RelayTimeout:
            pass

    def speaks(self) -> None:
        self.awaits("play", self.step("play", lambda: self.play_tts("Press 1, or stay on the line.")).wait)

    def asks(self) -> None:
        prompt = self.step("ask", lambda: self.prompt_tts("Press 1", {"digits": {"max": 1}, "initial_timeout": 20}))
        self.awaits("ask", prompt.wait)

    def records(self) -> None:
        recording = self.step("record", self.record)
        gevent.sleep(0.2)
        self.step("stop", recording.stop)
        self.awaits("record", recording.wait)

    def connects(self) -> None:
        number = self.books.chance.choice(list(CALLEES))
        self.step("connect", lambda: self.connect([[phone(number, from_number=US, timeout=20)]]))
        self.awaits(
            "connect",
            lambda limit: self.wait_for("calling.call.connect", lambda e: e.connect_state != "connecting", limit),
        )
        self.step("unbridge", self.disconnect)

    def does_nothing(self) -> None:
        gevent.sleep(self.books.chance.uniform(0.0, 2.0))

    def crashes(self) -> None:
        if self.books.chance.random() < 0.2:
            raise ValueError("the code of a call fails")


_THINGS = [
    Chaotic.speaks, Chaotic.asks, Chaotic.records, Chaotic.connects, Chaotic.does_nothing, Chaotic.does_nothing,
    Chaotic.crashes,
]  # fmt: skip


class Diallers:
    """Greenlets that dial and send messages, over and over.

    Attributes:
        outcomes: dials and messages by how they ended.
    """

    def __init__(self, client: RelayClient, books: Books, *, dialling: int, texting: int) -> None:
        self._client = client
        self._books = books
        self._over = False
        self.outcomes: Counter[str] = Counter()
        self._working = [gevent.spawn(self._go_on, self._dial) for _ in range(dialling)]
        self._working += [gevent.spawn(self._go_on, self._text) for _ in range(texting)]

    def _go_on(self, work: Callable[[], str]) -> None:
        while not self._over:
            gevent.sleep(self._books.chance.uniform(0.0, 0.5))
            try:
                outcome = work()
            except RelayError as error:
                outcome = f"{work.__name__[1:]} {type(error).__name__}"
            self.outcomes[outcome] += 1

    def _dial(self) -> str:
        number = self._books.chance.choice(list(CALLEES))
        devices = [[phone(number, from_number=US, timeout=20)]]
        self._books.timed("dial", 6.0, lambda: self._client.dial(devices, dial_timeout=6.0, call_actor=self._make))
        return "dial answered"

    def _make(self, setup: Any) -> Chaotic:
        return Chaotic(setup, self._books)

    def _text(self) -> str:
        message = self._books.timed(
            "text", 2.0, lambda: self._client.send_message(to_number="+15550130001", from_number=US, body="Hello")
        )
        self._books.timed("delivery", _STEP, lambda: message.wait(_STEP))
        return f"text {message.state}"

    def end(self) -> list[str]:
        """Dial no more; return what did not end. Blocks for some seconds."""
        self._over = True
        gevent.joinall(self._working, timeout=15)
        stuck = [each for each in self._working if not each.dead]
        gevent.killall(stuck)
        return [f"a dial or a message did not end: {each}" for each in stuck]
