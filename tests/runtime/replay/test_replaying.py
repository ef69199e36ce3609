"""What a replay takes, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from doubles.recorded import recorded
from doubles.replayed import Menu

from relay_runtime import Call, RelayClient, RelayError, aio, phone
from relay_runtime import replay as room
from relay_runtime.recording.reading import RecordingError, read_recording
from relay_runtime.replay.limits import NotReplayable
from relay_runtime.replay.replaying import replay
from relay_runtime.testing import virtual_time
from relay_runtime.testing.kit import RelayKit


def serve(call: Call) -> None:
    """Do what the menu does."""
    call.answer()
    key = call.prompt_tts(Menu.prompt, {"digits": {"max": 1}, "initial_timeout": 5}).wait().digits
    call.play_tts(Menu.sentence if key == "1" else "Goodbye.").wait()
    call.hangup()


def test_the_room_has_its_names_and_loads_them_when_they_are_used() -> None:
    assert room.replay is replay
    assert room.NotReplayable is NotReplayable
    assert all(getattr(room, name).__name__ == name for name in room.__all__)
    assert dir(room) == sorted(room.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'play'"):
        _ = room.play


@pytest.mark.slow
def test_an_app_is_a_class_a_function_or_a_client(menu_call: Path) -> None:
    client = RelayClient(project="p", token="t", call_actor=Menu, contexts=["elsewhere"], ledger="off")
    for app in (Menu, serve, client, client):
        assert replay(menu_call, app).same
    assert client.contexts == ["elsewhere"]


def test_a_recording_that_was_read_is_taken_too(menu_call: Path) -> None:
    played = replay(read_recording(menu_call), Menu, max_active_calls=1)
    assert played.text() == "the recording: no difference in 3 requests"


def test_apps_of_asyncio_are_refused_with_the_reason(menu_call: Path) -> None:
    async def serve_it(call: object) -> None:
        """Never called."""

    for app in (serve_it, aio.RelayClient(project="p", token="t")):
        with pytest.raises(TypeError, match="whose loop keeps its own time"):
            replay(menu_call, app)


def test_a_test_that_owns_the_time_is_refused(menu_call: Path) -> None:
    with virtual_time(), pytest.raises(RuntimeError, match="owns the time"):
        replay(menu_call, Menu)


def test_what_is_no_recording_or_not_to_be_played_is_refused_before_anything_is(
    menu_call: Path, altered: Callable[..., Path]
) -> None:
    with pytest.raises(RecordingError, match="it breaks off|breaks off here"):
        replay(_written(menu_call, menu_call.read_text()[:3000]), Menu)
    with pytest.raises(RecordingError, match="it is no JSON"):
        replay(_written(menu_call, "hello\n"), Menu)
    with pytest.raises(RecordingError, match="it is empty"):
        replay(_written(menu_call, ""), Menu)
    with pytest.raises(FileNotFoundError):
        replay(menu_call.with_name("none.jsonl"), Menu)


def _written(path: Path, text: str) -> Path:
    made = path.with_name("other.jsonl")
    made.write_text(text)
    return made


def test_masked_keys_are_not_replayable(tmp_path: Path) -> None:
    path = recorded(
        Menu,
        lambda kit: kit.caller().dials("office").hears("sales", within=30).presses("1").is_hung_up_on(within=60),
        tmp_path / "r",
        mask_digits=True,
    )
    with pytest.raises(NotReplayable, match="keys that the caller pressed are masked"):
        replay(path, Menu)


def test_an_unknown_number_is_refused(menu_call: Path) -> None:
    with pytest.raises(ValueError, match="the recording has no <number-7>; it has <number-1>, <number-2>"):
        replay(menu_call, Menu, numbers={"<number-7>": "+15550100001"})


def reminder(kit: RelayKit) -> None:
    kit.callee("+15559990001").rings(2).answers()
    kit.client.dial([[phone("+15559990001", from_number="+15559990002")]], call_actor=Menu)


@pytest.mark.slow
def test_a_dial_takes_the_class_of_its_call_or_what_dials(tmp_path: Path) -> None:
    class Dialled(Menu):
        def begin(self) -> None:
            """It is answered already."""

    def dials(kit: RelayKit) -> None:
        kit.callee("+15559990001").rings(2).answers()
        dial(kit.client)

    def dial(client: RelayClient) -> None:
        client.dial([[phone("+15559990001", from_number="+15559990002")]], call_actor=Dialled)

    def dial_elsewhere(client: RelayClient) -> None:
        client.dial([[phone("+15559990001", timeout=9)]], call_actor=Dialled)

    path = recorded(Dialled, dials, tmp_path / "r")
    assert replay(path, Dialled).same
    assert replay(path, Dialled, strict=True).same
    assert replay(path, None, dials=dial).same
    (difference,) = replay(path, None, dials=dial_elsewhere).differences
    assert difference.replayed is not None
    assert difference.replayed.method == "calling.dial"
    with pytest.raises(NotReplayable, match="the CallActor class that serves the call"):
        replay(path, serve)


def test_a_dial_that_the_server_refused_is_refused_again(tmp_path: Path) -> None:
    def dials(kit: RelayKit) -> None:
        kit.sandbox.arm("calling.dial", reply={"code": "400", "message": "no such number"})
        with pytest.raises(RelayError):
            kit.client.dial([[phone("+15559990001", from_number="+15559990002")]], call_actor=Menu)

    path = recorded(Menu, dials, tmp_path / "r")
    assert replay(path, Menu).same
    assert replay(path, Menu, strict=True).same
