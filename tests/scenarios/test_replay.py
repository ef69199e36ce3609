"""Calls that were recorded are played again: no difference while the code is the same, thirty times as a proof."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import gevent
import pytest
from doubles.recorded import recorded

from relay_runtime import CallActor, RelayError, phone, tts
from relay_runtime.replay.replaying import replay
from relay_runtime.testing.kit import RelayKit

DIGITS = {"digits": {"max": 1}, "initial_timeout": 4}


class Menu(CallActor):
    """Asks for a key, three times."""

    def run(self) -> None:
        self.answer()
        for _ in range(3):
            key = self.prompt_tts("Welcome to Example Limited. Press 1 for sales.", DIGITS).wait().digits
            if key:
                self.play_tts(f"You have pressed {key}.").wait()
                return
            self.play_tts("We did not hear you.").wait()


class Pin(CallActor):
    """Asks for several keys with and without a prompt."""

    def run(self) -> None:
        self.answer()
        rules = {"digits": {"max": 6, "terminators": "#", "digit_timeout": 3}, "initial_timeout": 5}
        pin = self.prompt_tts("Your number, please, and a hash.", rules).wait().digits
        self.play_tts(f"The number is {pin}.")
        more = self.collect(digits={"max": 4, "digit_timeout": 2}, partial_results=True, initial_timeout=6).wait()
        self.play_tts("Thank you." if more.digits == "77" else "No.").wait()


class Spoken(CallActor):
    """Asks for a word, and decides on it, and on how well it was understood."""

    def run(self) -> None:
        self.answer()
        rules = {"speech": {"hints": ["sales", "support"], "end_silence_timeout": 0.8}, "initial_timeout": 4}
        said = self.prompt_tts("Where do you want to go? Say sales or support.", rules).wait()
        if said.text == "support":
            self.play_tts("You go to support").wait()
        elif said.text:
            self.play_tts(f"You have said {said.text}").wait()
        self.play_tts("Goodbye" if (said.confidence or 0) > 50 else "I could hardly understand you").wait()


class Voicemail(CallActor):
    """Records, and plays back what was recorded."""

    def run(self) -> None:
        self.answer()
        self.play_tts("Leave a message after the beep.").wait()
        taken = self.record({"beep": True, "end_silence_timeout": 3, "initial_timeout": 5}).wait()
        if taken.state == "no_input":
            self.play_tts("You have said nothing.").wait()
        else:
            self.play_audio(taken.url).wait()
            whole = self.record({"direction": "both"})
            self.play_tts("That was it.").wait()
            whole.stop()
            whole.wait()


class Connecting(CallActor):
    """Connects to one number, then to another."""

    def run(self) -> None:
        self.answer()
        for number in ("+15559990001", "+15559990002"):
            self.connect([[phone(number, from_number=self.to_number, timeout=20)]])
            event = self.wait_for("calling.call.connect", predicate=_is_settled, timeout=60)
            if event.connect_state == "connected":
                self.wait_for("calling.call.connect", predicate=_is_apart, timeout=600)
                self.play_tts("They have hung up.").wait()
                return
            self.play_tts("Nobody there.").wait()


def _is_settled(event: Any) -> bool:
    return event.connect_state in {"connected", "failed"}


def _is_apart(event: Any) -> bool:
    return event.connect_state == "disconnected"


class Detecting(CallActor):
    """Speaks to a machine behind its beep, and to people at once."""

    def run(self) -> None:
        detecting = self.detect_answering_machine(timeout=20)
        found = self.wait_for("calling.call.detect", timeout=30).event
        self.play_tts(f"This is for a {found}.").wait()
        detecting.stop()


class Crashing(CallActor):
    """Fails in mid-call."""

    when_crashed = "hangup"

    def run(self) -> None:
        self.answer()
        self.play_tts("Welcome.").wait()
        raise RuntimeError("a bug")


class Refused(CallActor):
    """Goes on when a command is refused."""

    def run(self) -> None:
        self.answer()
        try:
            self.record({"beep": True})
        except RelayError:
            self.play_tts("We do not record.").wait()
        self.play_tts("Goodbye.").wait()


class Waiting(CallActor):
    """Lets it ring."""

    def run(self) -> None:
        self.sleep(8)
        self.answer()
        self.play_tts("At last.").wait()


class Busy(CallActor):
    """Does several things at once."""

    def run(self) -> None:
        self.answer()
        music = self.play([tts("La la la. " * 30)], volume=-10)
        self.sleep(3)
        music.pause()
        self.send_digits("12w3")
        self.sleep(1.2)
        music.resume()
        self.sleep(2)
        music.stop()
        self.hold()
        self.sleep(1)
        self.unhold()
        self.play_tts("Done.").wait()


class Queueing(CallActor):
    """Puts the caller into a queue for a while."""

    def run(self) -> None:
        self.answer()
        self.queue_enter("support")
        self.sleep(25)
        self.queue_leave("support")
        self.wait_for("calling.call.queue", predicate=_has_left, timeout=30)
        self.play_tts("Nobody is free.").wait()


def _has_left(event: Any) -> bool:
    return event.status == "leave"


class Referring(CallActor):
    """Transfers a SIP call, and says so if that does not work."""

    def run(self) -> None:
        self.answer()
        self.refer({"type": "sip", "params": {"to": "sip:desk@example.com"}})
        event = self.wait_for("calling.call.refer", predicate=_is_referred, timeout=60)
        self.play_tts(f"The transfer ended in {event.state}.").wait()


def _is_referred(event: Any) -> bool:
    return event.state != "inProgress"


class Faxing(CallActor):
    """Receives a fax, and copies the call meanwhile."""

    def run(self) -> None:
        self.answer()
        copy = self.tap(
            {"type": "audio", "params": {"direction": "both"}},
            {"type": "rtp", "params": {"addr": "192.0.2.1", "port": 9}},
        )
        stream = self.stream("wss://example.com/audio")
        written = self.transcribe()
        taken = self.receive_fax().wait()
        copy.stop()
        stream.stop()
        written.stop()
        self.play_tts(f"{taken.fax['params']['pages']} pages").wait()


class Passing(CallActor):
    """Serves nobody."""

    def run(self) -> None:
        self.sleep(2)
        self.pass_()


class Conferring(CallActor):
    """Joins a conference in which nobody else is."""

    def run(self) -> None:
        self.answer()
        reply = self.join_conference("weekly")
        self.sleep(9)
        self.leave_conference(reply["conference_id"])
        self.play_tts("Nobody came.").wait()


class Rooming(CallActor):
    """Waits for keys that are pressed at whatever time."""

    def run(self) -> None:
        self.answer()
        keys = self.collect(
            digits={"max": 1}, continuous=True, partial_results=True, initial_timeout=60, send_start_of_input=True
        )
        self.sleep(20)
        keys.stop()
        self.play_tts(f"{len(self.history)} keys").wait()


def menu_pressed(kit: RelayKit) -> None:
    kit.caller().dials("office").hears("press 1", within=30).presses("1").is_hung_up_on(within=60)


def menu_barged_in(kit: RelayKit) -> None:
    kit.caller().dials("office").hears("Example").presses("2").is_hung_up_on(within=60)


def menu_silent(kit: RelayKit) -> None:
    kit.caller().dials("office").is_hung_up_on(within=120)


def menu_late(kit: RelayKit) -> None:
    line = kit.caller().dials("office").hears("did not hear", within=60).hears("sales", within=60)
    line.waits(2.5).presses("7").is_hung_up_on(within=60)


def menu_hung_up_in_mid_prompt(kit: RelayKit) -> None:
    kit.caller().dials("office").hears("Example").hangs_up()


def menu_hung_up_at_once(kit: RelayKit) -> None:
    kit.caller().dials("office").is_answered().hangs_up()


def pin_with_hash(kit: RelayKit) -> None:
    line = kit.caller().dials("office").hears("and a hash", within=30).presses("1234#", gap=0.4)
    line.waits(1).presses("77", gap=0.5).is_hung_up_on(within=60)


def pin_without_hash(kit: RelayKit) -> None:
    line = kit.caller().dials("office").hears("number").presses("98", gap=1.5)
    line.waits(8).presses("7").is_hung_up_on(within=60)


def pin_of_six(kit: RelayKit) -> None:
    kit.caller().dials("office").hears("hash").waits(3).presses("123456").waits(2).hangs_up()


def spoken_hint(kit: RelayKit) -> None:
    kit.caller().dials("office").hears("say sales", within=30).says("support").is_hung_up_on(within=60)


def spoken_over_the_prompt(kit: RelayKit) -> None:
    kit.caller().dials("office").hears("want").says("the garden, please").is_hung_up_on(within=60)


def spoken_late(kit: RelayKit) -> None:
    kit.caller().dials("office").hears("or support", within=30).waits(2).says("Er").is_hung_up_on(within=60)


def voicemail(kit: RelayKit) -> None:
    line = kit.caller().dials("office").hears("beep", within=30).waits(1)
    line.says("Please call me back, it is about the lamps.", within=30).is_hung_up_on(within=120)


def voicemail_empty(kit: RelayKit) -> None:
    kit.caller().dials("office").is_hung_up_on(within=120)


def voicemail_hung_up(kit: RelayKit) -> None:
    kit.caller().dials("office").hears("beep", within=30).says("Please call me").hangs_up()


def connected(kit: RelayKit) -> None:
    kit.callee("+15559990001").rings(3).is_busy()
    second = kit.callee("+15559990002").rings(4).answers()
    line = kit.caller().dials("office")
    second.is_dialled(within=60).is_answered().waits(12).hangs_up()
    line.is_hung_up_on(within=60)


def connected_and_hung_up(kit: RelayKit) -> None:
    second = kit.callee("+15559990001").rings(4).answers()
    line = kit.caller().dials("office")
    second.is_dialled(within=60).is_answered()
    line.waits(7).hangs_up()


def nobody_reached(kit: RelayKit) -> None:
    kit.callee("+15559990001").rings(3).declines()
    kit.callee("+15559990002").never_answers()
    kit.caller().dials("office").is_hung_up_on(within=120)


def crashed(kit: RelayKit) -> None:
    kit.caller().dials("office").app_crashes(RuntimeError)


def refused(kit: RelayKit) -> None:
    kit.sandbox.arm("calling.record", reply={"code": "403", "message": "Not allowed"})
    kit.caller().dials("office").is_hung_up_on(within=60)


def abandoned(kit: RelayKit) -> None:
    kit.caller().abandons(5).dials("office")


def answered_late(kit: RelayKit) -> None:
    kit.caller().dials("office").is_hung_up_on(within=60)


def queued(kit: RelayKit) -> None:
    kit.caller().dials("office").is_hung_up_on(within=120)


def referred(kit: RelayKit) -> None:
    kit.caller("sip:anna@example.com").over_sip([("X-Desk", "7")]).refers("busy").dials("office").is_hung_up_on(60)


def faxed(kit: RelayKit) -> None:
    kit.caller().is_fax(pages=3).dials("office").is_hung_up_on(within=120)


def passed_on(kit: RelayKit) -> None:
    kit.caller().dials("office").is_passed_on()


def pressed_now_and_then(kit: RelayKit) -> None:
    line = kit.caller().dials("office").waits(3).presses("1").waits(5).presses("23", gap=2)
    line.is_hung_up_on(within=60)


def dialled_machine(kit: RelayKit) -> None:
    kit.callee("+15559990003").rings(2).is_machine(beep_after=4).answers()
    dialled(kit)


def dialled_person(kit: RelayKit) -> None:
    kit.callee("+15559990003").rings(2).is_human().answers()
    dialled(kit)


def dialled_busy(kit: RelayKit) -> None:
    kit.callee("+15559990003").rings(2).is_busy()
    dialled(kit)


def dialled_and_hung_up(kit: RelayKit) -> None:
    line = kit.callee("+15559990003").rings(2).is_machine(beep_after=4).answers()
    gevent.spawn(dialled, kit)
    line.is_dialled(within=60).is_answered().waits(2).hangs_up()


def dialled(kit: RelayKit) -> None:
    with suppress(RelayError):
        kit.client.dial([[phone("+15559990003", from_number="+15559990009", timeout=20)]], call_actor=Detecting)


CALLS: list[tuple[type[CallActor], Callable[[RelayKit], None]]] = [
    (Menu, menu_pressed),
    (Menu, menu_barged_in),
    (Menu, menu_silent),
    (Menu, menu_late),
    (Menu, menu_hung_up_in_mid_prompt),
    (Menu, menu_hung_up_at_once),
    (Pin, pin_with_hash),
    (Pin, pin_without_hash),
    (Pin, pin_of_six),
    (Spoken, spoken_hint),
    (Spoken, spoken_over_the_prompt),
    (Spoken, spoken_late),
    (Voicemail, voicemail),
    (Voicemail, voicemail_empty),
    (Voicemail, voicemail_hung_up),
    (Connecting, connected),
    (Connecting, connected_and_hung_up),
    (Connecting, nobody_reached),
    (Crashing, crashed),
    (Refused, refused),
    (Waiting, abandoned),
    (Waiting, answered_late),
    (Busy, answered_late),
    (Queueing, queued),
    (Referring, referred),
    (Faxing, faxed),
    (Passing, passed_on),
    (Conferring, queued),
    (Rooming, pressed_now_and_then),
    (Detecting, dialled_machine),
    (Detecting, dialled_person),
    (Detecting, dialled_busy),
    (Detecting, dialled_and_hung_up),
]
NAMES = [f"{app.__name__}-{play.__name__}" for app, play in CALLS]


@pytest.mark.parametrize("times", [3, pytest.param(30, marks=pytest.mark.proof)])
@pytest.mark.parametrize(("app", "play"), CALLS, ids=NAMES)
def test_unchanged_code_sends_the_same_every_time(
    app: type[CallActor], play: Callable[[RelayKit], None], tmp_path: Path, times: int
) -> None:
    path = recorded(app, play, tmp_path / "r")
    for seed in range(times):
        played = replay(path, app, seed=seed)
        assert played.same, played.text()


@pytest.mark.parametrize(("app", "play"), CALLS, ids=NAMES)
def test_it_does_so_where_words_are_kept_and_spoken_at_another_speed(
    app: type[CallActor], play: Callable[[RelayKit], None], tmp_path: Path
) -> None:
    path = recorded(app, play, tmp_path / "r", speed=9.0, keep_words=True)
    for seed in range(3):
        played = replay(path, app, seed=seed)
        assert played.same, played.text()


@pytest.mark.parametrize(("app", "play"), CALLS, ids=NAMES)
def test_a_verbatim_replay_of_unchanged_code_comes_to_its_end(
    app: type[CallActor], play: Callable[[RelayKit], None], tmp_path: Path
) -> None:
    path = recorded(app, play, tmp_path / "r")
    for seed in range(3):
        played = replay(path, app, seed=seed, strict=True)
        assert played.same, played.text()
        assert len(played.replayed) == len(played.recorded)
