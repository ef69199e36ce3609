"""What happens to the programs of ``examples/aio``, by their names: who calls them, whom they reach, what is heard.

A case prepares its stage's sandbox, has the program run, and looks at what became of it.
"""

from __future__ import annotations

from collections.abc import Callable

from played_programs import Stage

from relay_runtime.sandbox import Callee, Caller, Status

__all__ = ["CASES", "Case"]

Case = Callable[[Stage], None]

US = "+15550100099"
A, B, C, D = "+15550100001", "+15550100002", "+15550100003", "+15550100004"
EXPERT, OTHER_EXPERT = "+15550100007", "+15550100008"
CALLER = Caller(A).dials("default")


def welcome(stage: Stage) -> None:
    stage.serves()
    outcome = stage.call(CALLER.hears("the bicycle shop").waits_for_hangup())
    assert (outcome.status, outcome.end_source) == (Status.ANSWERED, "outbound")


def closed_shop(stage: Stage) -> None:
    stage.serves()
    assert stage.call(CALLER.hears("Good to hear you").waits_for_hangup()).answered
    for number, reason in ((B, "busy"), (C, "decline")):
        outcome = stage.call(Caller(number).dials("default"))
        assert (outcome.status, outcome.end_reason) == (Status.REFUSED, reason)
    stage.prints(*(f"{number} was served" for number in (A, B, C)))


def menu(stage: Stage) -> None:
    stage.serves()
    undecided = CALLER.hears("press 1").presses("9").hears("none of the two").hears("press 2")
    stage.call(undecided.presses("2").hears("fountain").waits_for_hangup())
    stage.call(Caller(B).dials("default").hears("press 2").presses("1").hears("nine to five").waits_for_hangup())
    stage.prints("the last key was 2", "the last key was 1")


def audio_menu(stage: Stage) -> None:
    stage.serves()
    speaks = CALLER.hears("languages.mp3").presses("2").hears("fr/name.mp3").says("Anna Amsel")
    stage.call(speaks.waits_for_hangup())
    keys = Caller(B).dials("default").hears("languages.mp3").presses("1").hears("en/name.mp3").presses("26#")
    stage.call(keys.waits_for_hangup())
    stage.prints("in fr, by speech: Anna Amsel", "in en, by digit: 26")


def speech(stage: Stage) -> None:
    stage.serves()
    caller = Caller(A).dials("kitchen").hears("waves.mp3")
    stage.call(caller.says("a pizza with olives").hears("You would like a pizza").waits_for_hangup())
    stage.call(caller.hears("I did not hear you", timeout=20).waits_for_hangup())
    stage.prints("the caller said: a pizza with olives")


def pin(stage: Stage) -> None:
    stage.serves()
    wrong = CALLER.hears("secret number").presses("123#", gap=0).hears("secret number")
    stage.call(wrong.presses("4711#", gap=0).hears("is open").waits_for_hangup())
    stage.call(Caller(B).dials("default").hears("stays shut", timeout=20).waits_for_hangup())
    stage.prints("opened at attempt 2", "nobody was let in")


def voicemail(stage: Stage) -> None:
    stage.serves()
    run = stage.sandbox.place(CALLER.hears("after the beep").hears("passed on").waits_for_hangup())
    stage.line_of(run, "record").press("#")
    stage.over(run)
    stage.prints("a message in wav is finished")


def interview(stage: Stage) -> None:
    stage.serves()
    stage.call(CALLER.hears("your card").presses("1234").hears("that was all").waits_for_hangup())
    stage.prints("taken off the record: a digit", "the recording is finished, with a url")


def machine(stage: Stage) -> None:
    stage.sandbox.on_dial(A, Callee().rings(1).answers().is_machine(None).hears("corner shop").waits_for_hangup())
    stage.runs()
    assert stage.met(A).end_source == "outbound"
    stage.prints("MACHINE answered", "over: hangup")


def hotkey(stage: Stage) -> None:
    stage.serves()
    stage.call(CALLER.hears("story.mp3").presses("1").waits(1).presses("9").waits_for_hangup())
    stage.prints("key 9", "the story is finished")


def fax_in(stage: Stage) -> None:
    stage.serves()
    stage.call(Caller(A).dials("fax").is_fax(pages=3).waits_for_hangup())
    stage.call(Caller(B).dials("fax").hears("a person at this end").waits_for_hangup())
    stage.prints("a fax of 3 pages: OK")


def fax_out(stage: Stage) -> None:
    stage.sandbox.on_dial(A, Callee().answers().is_fax(pages=2, error="Out of paper").waits_for_hangup())
    stage.runs()
    stage.met(A)
    stage.prints("2 pages: Out of paper")


def on_call_rota(stage: Stage) -> None:
    stage.sandbox.on_dial(A, Callee().is_busy())
    stage.sandbox.on_dial(B, Callee().rings(2).declines())
    stage.sandbox.on_dial(C, Callee().rings(2).answers().hears("the pump").waits_for_hangup())
    stage.runs()
    assert [stage.met(number).end_reason for number in (A, B, C)] == ["busy", "decline", "hangup"]
    stage.prints(f"{C} answered, tag rota")


def first_of_all(stage: Stage) -> None:
    stage.sandbox.on_dial(A, Callee().rings(15).answers())
    stage.sandbox.on_dial(B, Callee().rings(2).answers().hears("You won").waits_for_hangup())
    stage.runs()
    assert [stage.met(number).end_reason for number in (A, B)] == ["cancel", "hangup"]
    stage.prints(f"{B} was first")


def nobody_there(stage: Stage) -> None:
    stage.sandbox.on_dial(A, Callee().is_busy())
    stage.sandbox.on_dial(B, Callee().does_not_exist())
    stage.runs()
    (message,) = stage.sandbox.messages()
    assert (message.to_number, message.state) == (B, "delivered")
    stage.prints(f"{A} can't be reached", f"{B} can't be reached", "a note was delivered")


def impatient(stage: Stage) -> None:
    stage.sandbox.on_dial(A, Callee().rings(2000).answers())
    stage.sandbox.on_dial(B, Callee().answers().hears("being quick").waits_for_hangup())
    stage.runs()
    stage.met(B)
    stage.prints("too slow")


def bridge(stage: Stage) -> None:
    stage.sandbox.on_dial(EXPERT, Callee().rings(2).answers().says("What can I do for you?").waits_for_hangup())
    stage.serves()
    stage.call(CALLER.hears("do for you").hears("from 1 to 5").presses("4").waits_for_hangup())
    assert stage.met(EXPERT).answered
    stage.prints(f"connected to {EXPERT}", "the mark is 4")


def bridge_events(stage: Stage) -> None:
    stage.sandbox.on_dial(EXPERT, Callee().is_busy())
    stage.sandbox.on_dial(OTHER_EXPERT, Callee().rings(1).answers().says("Here I am.").waits(2).hangs_up())
    stage.serves()
    stage.call(CALLER.hears("Here I am").hangs_up())
    stage.prints("the bridge is connected", "over")
    stage.sandbox.on_dial(OTHER_EXPERT, Callee().never_answers())
    stage.call(Caller(B).dials("default").hears("call you back", timeout=20).waits_for_hangup())
    stage.prints("the bridge is failed", "over", "over")


def waiting_line(stage: Stage) -> None:
    stage.serves()
    stage.call(CALLER.hears("music.mp3").waits(3).presses("*").hears("left the line").waits_for_hangup())
    stage.prints("enqueue in repairs", "leave in repairs", "the line is done with")


def conference(stage: Stage) -> None:
    stage.serves()
    stays = stage.sandbox.place(Caller(A).dials("meetings").waits(30).presses("1").hears("on Monday"))
    stage.call(Caller(B).dials("meetings").waits(5).presses("1").hears("on Monday").waits_for_hangup())
    stage.over(stays)
    stage.prints("somebody has left")


def text_echo(stage: Stage) -> None:
    stage.serves()
    picture = ["https://example.com/cat.jpg"]
    stage.sandbox.sends_message(from_number=A, to_number=US, body="look at this", context="default", media=picture)
    stage.prints(f"inbound, received: look at this {picture}", "the reply was delivered")
    assert [message.body for message in stage.sandbox.messages()] == ["3 words, 1 pictures. Thank you!"]
    stage.call(CALLER.hears("reads texts").waits_for_hangup())
    stage.prints("the hint was given")


def text_states(stage: Stage) -> None:
    stage.sandbox.settings.change(message_step=10)  # a listener comes after the reply
    stage.sandbox.on_text(B, "undelivered", "no such number")
    stage.runs()
    stage.prints(f"to {A}: on its way", f"to {A} at last: delivered", f"to {B} at last: undelivered")
    stage.prints("the reason: no such number")


def picture_messages(stage: Stage) -> None:
    stage.sandbox.on_text(C, "failed", "no route")
    stage.runs()
    assert {message.media for message in stage.sandbox.messages()} == {("https://example.com/garden.jpg",)}
    stage.prints("2 of 3 got it")


def hold(stage: Stage) -> None:
    stage.serves()
    stage.call(CALLER.hears("look that up").hears("forty-two").waits_for_hangup())
    stage.prints("the call is on hold", "the call is on unhold", "done")


def extension(stage: Stage) -> None:
    stage.sandbox.on_dial(A, Callee().answers().hears_digits("204#").hears("that I called").waits_for_hangup())
    stage.runs()
    stage.met(A)
    stage.prints("noise is taken away: True", "the digits are finished", "noise is taken away: False")


def transcript(stage: Stage) -> None:
    stage.serves()
    stage.call(CALLER.hears("any key").says("the gutter fell down").presses("5").waits_for_hangup())
    stage.prints("the transcript is finished and goes to https://example.com/transcripts")


def captions(stage: Stage) -> None:
    stage.serves()
    stage.call(CALLER.hears("your question").says("when does the train leave").waits_for_hangup())
    stage.prints("the question: when does the train leave")


def listening_in(stage: Stage) -> None:
    stage.serves()
    stage.call(CALLER.hears("is listened to").waits_for_hangup())
    copies = ("calling.call.tap", "tapping"), ("calling.call.stream", "streaming")
    for kind, state in copies:
        stage.prints(f"{kind} is {state}", f"{kind} is finished")


def payment(stage: Stage) -> None:
    stage.serves()
    stage.call(CALLER.pays().hears("That is paid").waits_for_hangup())
    stage.call(Caller(B).dials("default").pays("payment-connector-error").hears("did not work").waits_for_hangup())
    stage.prints("the payment: success", "the payment: payment-connector-error")


def helper(stage: Stage) -> None:
    stage.serves()
    asks = CALLER.hears("greet the caller").says("a novel about the sea").hears("from the library").waits_for_hangup()
    stage.call(asks)  # its thanks to the librarian may be cut short: the agent is stopped right behind them
    stage.prints("the caller said: a novel about the sea", "the library is done")


def diary(stage: Stage) -> None:
    stage.serves()
    stage.call(CALLER.hears("written down").waits(30).hangs_up())
    stage.prints("state answered", "play playing", "play finished", "played", "state ended", "ended: hangup")


def contexts(stage: Stage) -> None:
    stage.serves()
    stage.call(Caller(A).dials("day").hears("the day desk").waits_for_hangup())
    assert stage.call(Caller(A).dials("night")).status is Status.UNROUTED
    stage.call(Caller(EXPERT).dials("day").hears("now on it is night").waits_for_hangup())
    stage.call(Caller(A).dials("night").hears("the night desk").waits_for_hangup())
    assert stage.call(Caller(A).dials("day")).status is Status.UNROUTED
    stage.prints("a call by day", "a call by night")


def reminders(stage: Stage) -> None:
    question = Callee().rings(1).answers().hears("1 is yes")
    stage.sandbox.on_dial(A, question.presses("1").waits_for_hangup())
    stage.sandbox.on_dial(B, question.presses("2").waits_for_hangup())
    stage.sandbox.on_dial(C, Callee().is_busy())
    stage.sandbox.on_dial(D, question.presses("1").waits_for_hangup())
    stage.runs()
    assert all(stage.met(number).answered for number in (A, B, D))
    stage.prints(f"{A} comes", f"{B} does not come", f"{C} was not reached", f"{D} comes")


def matchmaker(stage: Stage) -> None:
    for number in (A, B):
        stage.sandbox.on_dial(number, Callee().rings(1).answers().hears("talk to you").waits(60).hangs_up())
    stage.runs()
    assert [stage.met(number).end_source for number in (A, B)] == ["inbound", "inbound"]
    stage.prints(f"{A}: hangup", f"{B}: hangup", "both have hung up")


def barge_in(stage: Stage) -> None:
    stage.sandbox.settings.change(audio_lengths={"https://example.com/news/weather.mp3": 2.0})
    stage.serves()
    hasty = CALLER.hears("bridge.mp3").presses("1").hears("pool.mp3").presses("1").hears("weather.mp3")
    stage.call(hasty.waits_for_hangup())
    stage.prints("bridge was cut short", "pool was cut short", "weather was read")


def hand_over(stage: Stage) -> None:
    stage.serves()
    assert stage.call(CALLER).status is Status.PASSED
    assert stage.call(Caller(B).dials("default")).status is Status.TRANSFERRED
    stage.call(Caller("sip:cleo@example.com").over_sip().dials("default").refers("success").waits_for_hangup())
    stage.prints("passed on", "transferred", "referred: success")


def shortcuts(stage: Stage) -> None:
    stage.serves()
    stage.call(
        CALLER.hears("long evening").presses("*1").hears("the night line").hears("free again").waits_for_hangup()
    )
    stage.prints("the night is over")


def sound_check(stage: Stage) -> None:
    stage.serves()
    stage.call(CALLER.hears("tone.mp3").hears("how you sound", timeout=20).waits_for_hangup())
    stage.prints("the echo is echoing", "the echo is finished", "the check is over")


CASES: dict[str, Case] = {
    name: case
    for name, case in list(globals().items())
    if getattr(case, "__module__", "") == __name__ and callable(case)
}
"""From the name of a program to what happens to it."""
