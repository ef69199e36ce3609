"""The connection cut at every frame of a call: nothing hangs, nothing happens twice, nothing is left over."""

from __future__ import annotations

from collections import Counter

import pykka
import pytest
from cutting_proxy import CuttingProxy
from doubles.hub import until
from doubles.one_process import in_one_process

from relay_actors.call.call import CallActor
from relay_actors.call.retry import retrying
from relay_runtime import RelayClient, RelayError
from relay_runtime.sandbox import Caller, Sandbox

pytestmark = pytest.mark.scenario

LIMIT = 60.0


class Busy(CallActor):
    """Answers, records, asks, speaks, hangs up, and writes down all that it sees."""

    def on_start(self) -> None:
        self.seen: list[tuple] = []
        self.errors: list[str] = []
        self.ends = 0
        self.finished = False
        LIVES.append(self)

    def run(self) -> None:
        try:
            self.step(self.answer)
            recording = self.step(self.record)
            self.step(lambda: self.prompt_tts("Press 1", {"digits": {"max": 1}, "initial_timeout": 5}).wait(5))
            self.step(lambda: self.play_tts("Goodbye").wait(5))
            self.step(recording.stop)
            recording.wait(5)
            self.step(self.hangup)
            self.wait_for_ended(5)
        finally:
            self.finished = True

    def step(self, function):
        try:
            return retrying(function)
        except RelayError as error:
            self.errors.append(type(error).__name__)
            if function == self.answer and self.state == "answered":
                return None
            raise

    def on_event(self, event) -> None:
        state = getattr(event, "call_state", "") or getattr(event, "state", "")
        self.seen.append((event.event_type, event.control_id, state, event.timestamp))

    def on_ended(self, _event) -> None:
        self.ends += 1


LIVES: list[Busy] = []


def live_actors() -> list[object]:
    """Return what still lives: the runtime's own actors stand in Pykka's registry, calls in LIVES."""
    return [*pykka.ActorRegistry.get_all(), *(life for life in LIVES if not life.actor_stopped.is_set())]


def play_a_call(cut_at: int | None, *, forward_last: bool, restored: bool) -> tuple[int, CuttingProxy]:
    """Serve one caller through a proxy that cuts at a frame; check the invariants; return the frames counted."""
    LIVES.clear()
    with in_one_process(resume_window=LIMIT if restored else 0.0) as sandbox:
        proxy = CuttingProxy(sandbox, cut_at, forward_last=forward_last)
        with proxy.between():
            client = RelayClient(
                project=sandbox.project,
                token=sandbox.token,
                host=sandbox.url,
                contexts=["office"],
                call_actor=Busy,
                max_active_calls=1,
            )
            client.connect(timeout=LIMIT)
            client.receive(["sales"])
            run = sandbox.place(Caller("+15550100001").dials("sales").hears("Press 1", 1000).presses("1"))
            run.wait(LIMIT)
            frames = proxy.frames
            # Frame 0 is the login, frame 1 its reply: a cut there is no drop of a link that was up.
            drops = proxy.cuts if (cut_at or 0) > 1 or (cut_at == 1 and forward_last) else 0
            until(lambda: client.stats.connections >= 1 + drops and client.state == "connected", "the connection")
            until(lambda: all(life.actor_stopped.is_set() for life in LIVES), "the end of the call")
            check_lives()
            assert sorted(sandbox.session().contexts) == ["office", "sales"]
            assert serves_another(sandbox), "the slot of the first call was not given back"
            client.disconnect()
            assert sandbox.counters.calls_up == 0
    assert live_actors() == []
    return frames, proxy


def serves_another(sandbox: Sandbox) -> bool:
    """Tell whether the next caller is answered; a cut that comes only now may cost one of them."""
    callers = (Caller(number).dials("office").hangs_up() for number in ("+15550100002", "+15550100003"))
    return any(sandbox.place(caller).wait(LIMIT).answered for caller in callers)


def check_lives() -> None:
    for life in LIVES:
        assert life.finished
        assert life.ends == 1
        repeated = [key for key, count in Counter(life.seen).items() if count > 1]
        assert repeated == [], f"handled twice: {repeated}"


def frames_of_a_whole_call() -> int:
    return play_a_call(None, forward_last=False, restored=True)[0]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("restored", [True, False], ids=["restored", "lost"])
@pytest.mark.parametrize("forward_last", [False, True], ids=["before", "after"])
def test_a_cut_at_any_frame_leaves_nothing_hanging_doubled_or_open(restored: bool, forward_last: bool) -> None:
    frames = frames_of_a_whole_call()
    assert frames > 30
    cuts = 0
    for cut_at in range(frames):
        try:
            cuts += play_a_call(cut_at, forward_last=forward_last, restored=restored)[1].cuts
        except BaseException as error:
            raise AssertionError(f"cut at frame {cut_at} of {frames}: {error!r}") from error
    assert cuts > 30
