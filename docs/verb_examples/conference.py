"""Examples of the verbs of conferences, rooms, hold, digit bindings and events of applications."""

from __future__ import annotations

from relay_runtime import Call, tts

__all__ = [
    "bind_digit",
    "clear_digit_bindings",
    "hold",
    "join_conference",
    "join_room",
    "leave_conference",
    "leave_room",
    "unhold",
    "user_event",
]


def join_conference(call: Call) -> None:
    """Put the caller into a conference, unheard, and stay until the call ends or a minute has passed."""
    call.join_conference("standup", muted=True, beep="onEnter", max_participants=20)
    call.sleep(60)


def leave_conference(call: Call) -> None:
    """Take the caller out of a conference after a minute."""
    joined = call.join_conference("standup")
    call.sleep(60)
    call.leave_conference(joined["conference_id"])


def join_room(call: Call) -> None:
    """Put the caller into a room, and wait until they are there."""
    call.join_room("lobby")
    call.wait_for("calling.call.room", lambda event: event.params["join_status"] == "joined")


def leave_room(call: Call) -> None:
    """Take the caller out of the room after a minute."""
    call.join_room("lobby")
    call.sleep(60)
    call.leave_room()


def hold(call: Call) -> None:
    """Put the call on hold."""
    call.hold()


def unhold(call: Call) -> None:
    """Put the call on hold for ten seconds."""
    call.hold()
    call.sleep(10)
    call.unhold()


def bind_digit(call: Call) -> None:
    """Have the server say something whenever the caller presses *1, three times at most."""
    call.bind_digit("*1", "calling.play", bind_params={"play": [tts("You are in line.")]}, max_triggers=3)


def clear_digit_bindings(call: Call) -> None:
    """Bind a key, and free it again."""
    call.bind_digit("*1", "calling.play", bind_params={"play": [tts("You are in line.")]}, realm="queue")
    call.sleep(30)
    call.clear_digit_bindings(realm="queue")


def user_event(call: Call) -> None:
    """Send an event of your own through the call; the hook ``on_user_event`` gets it."""
    call.user_event(event={"kind": "note", "text": "the caller wants to be called back"})
