"""The thread that writes recordings."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import gevent
import pytest
from doubles.call_frames import CALL

from relay_actors.kit.native import allocate_lock
from relay_runtime.recording import file_writer
from relay_runtime.recording.call_mask import CallMask
from relay_runtime.recording.calls import RecordedCall
from relay_runtime.recording.file_writer import FileWriter
from relay_runtime.recording.lines import Start
from relay_runtime.recording.reading import RecordingError, read_recording

BEGAN = 1_800_000_000.25
NAMED = f"20270115T080000.250Z-{CALL}"
PLAY = {"id": CALL, "method": "calling.play", "params": {"call_id": CALL, "text": "Hello"}}


def call(**how: Any) -> RecordedCall:
    return RecordedCall(Start(wall=BEGAN, monotonic=0.0, **(how or {"call_id": CALL})))


def recorded(writer: FileWriter, one: RecordedCall, frames: int = 1) -> None:
    writer.begin(one)
    for at in range(frames):
        writer.frame(one, float(at), "out", PLAY, 100)
    writer.end(one, "ended", float(frames))


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_a_call_has_a_file_of_its_own_that_only_its_owner_can_read(tmp_path: Path) -> None:
    writer = FileWriter(tmp_path, CallMask)
    recorded(writer, call(), 3)
    assert writer.close()
    assert names(tmp_path) == [f"{NAMED}.jsonl"]
    path = tmp_path / f"{NAMED}.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = read_recording(path)
    assert [line.at for line in found.frames] == [0.0, 1.0, 2.0]
    assert found.frames[0].frame["params"]["text"] == "<words-1:5>"
    assert (found.end.end, found.end.frames, writer.written, writer.cut_off) == ("ended", 3, 1, 0)


def test_the_file_of_a_call_that_goes_on_has_another_name(tmp_path: Path) -> None:
    writer = FileWriter(tmp_path, CallMask)
    one = call()
    writer.begin(one)
    writer.frame(one, 0.0, "out", PLAY, 100)
    assert writer.close()
    assert names(tmp_path) == [f"{NAMED}.jsonl.part"]
    with pytest.raises(RecordingError, match="breaks off"):
        read_recording(tmp_path / f"{NAMED}.jsonl.part")


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / f"{NAMED}.jsonl").write_text("mine")
    writer = FileWriter(tmp_path, CallMask)
    recorded(writer, call())
    recorded(writer, call())
    assert writer.close()
    assert names(tmp_path) == [f"{NAMED}-2.jsonl", f"{NAMED}-3.jsonl", f"{NAMED}.jsonl"]
    assert (tmp_path / f"{NAMED}.jsonl").read_text() == "mine"


@pytest.mark.parametrize(
    ("how", "winner", "name"),
    [
        ({"tag": "Alice"}, "", "dial-_words-1_5_"),
        ({"tag": CALL}, "", f"dial-{CALL}"),
        ({"tag": "Alice"}, "leg-1", "leg-1"),
        ({"call_id": "../../etc/x"}, "../../etc/x", "______etc_x"),
    ],
)
def test_a_file_is_named_by_the_call_and_by_nothing_private(
    tmp_path: Path, how: dict[str, str], winner: str, name: str
) -> None:
    writer = FileWriter(tmp_path, CallMask)
    one = call(**how)
    writer.begin(one)
    one.call_id = winner
    writer.end(one, "ended", 1.0)
    assert writer.close()
    assert names(tmp_path) == [f"20270115T080000.250Z-{name}.jsonl"]


def test_what_finds_no_room_is_counted_in_the_recording_and_in_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_writer, "_BYTES", 250)
    held = allocate_lock()
    held.acquire()

    def make_late() -> CallMask:
        return CallMask()

    writer = FileWriter(tmp_path, make_late)
    writer._take = lambda item, take=writer._take: (held.acquire(), held.release(), take(item))  # type: ignore[method-assign, misc]
    one = call()
    recorded(writer, one, 4)
    assert (one.left_out, writer.left_out) == (2, 2)
    held.release()
    assert writer.close()
    end = read_recording(tmp_path / f"{NAMED}.jsonl").end
    assert (end.frames, end.left_out, end.whole) == (2, 2, False)
    assert "frames were left out" in end.not_replayable


def test_a_frame_that_is_nested_too_deeply_is_left_out(tmp_path: Path) -> None:
    deep: Any = "x"
    for _ in range(3000):
        deep = [deep]
    writer = FileWriter(tmp_path, CallMask)
    one = call()
    writer.begin(one)
    writer.frame(one, 0.0, "in", {"params": {"event": deep}}, 100)
    writer.end(one, "ended", 1.0)
    assert writer.close()
    end = read_recording(tmp_path / f"{NAMED}.jsonl").end
    assert (end.frames, end.left_out, writer.cut_off) == (0, 1, 0)


class Disk:
    """Has room for so many bytes; what comes beyond is written in part."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.write = os.write

    def __call__(self, descriptor: int, data: Any) -> int:
        if len(data) > self.room:
            done = self.write(descriptor, data[: self.room]) if self.room else 0
            self.room = 0
            if not done:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return done
        self.room -= len(data)
        return self.write(descriptor, data)


def test_a_full_disk_costs_the_recording_and_its_last_line_says_so_if_it_finds_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(700)
    monkeypatch.setattr(file_writer.os, "write", disk)
    cut = os.ftruncate
    monkeypatch.setattr(file_writer.os, "ftruncate", lambda *how: (cut(*how), setattr(disk, "room", 10_000)))
    writer = FileWriter(tmp_path, CallMask)
    recorded(writer, call(), 20)
    assert writer.close()
    assert (writer.cut_off, writer.written, writer.problem) == (1, 0, "No space left on device")
    (path,) = tmp_path.iterdir()
    found = read_recording(path)
    assert (path.name, found.end.end, found.end.whole) == (f"{NAMED}.jsonl", "cut off", False)
    assert len(found.frames) == found.end.frames


def test_a_disk_without_any_room_costs_only_the_recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(0)
    monkeypatch.setattr(file_writer.os, "write", disk)
    writer = FileWriter(tmp_path, CallMask)
    recorded(writer, call())
    recorded(writer, call(call_id="other"))
    assert writer.close()
    assert (writer.cut_off, writer.written, names(tmp_path)) == (2, 0, [])


def test_a_directory_that_has_gone_costs_only_the_recordings(tmp_path: Path) -> None:
    directory = tmp_path / "recordings"
    writer = FileWriter(directory, CallMask)
    recorded(writer, call())
    assert writer.close()
    assert (writer.cut_off, writer.written, writer.problem) == (1, 0, "No such file or directory")


def test_whoever_hands_frames_over_does_not_wait_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = allocate_lock()
    held.acquire()
    write = os.write
    monkeypatch.setattr(file_writer.os, "write", lambda *how: (held.acquire(), held.release(), write(*how))[-1])
    writer = FileWriter(tmp_path, CallMask)
    recorded(writer, call(), 50)
    turns = []
    gevent.spawn(lambda: (turns.append(1), held.release()))
    assert writer.close()
    assert turns == [1]
    assert len(read_recording(tmp_path / f"{NAMED}.jsonl").frames) == 50


def test_a_forked_child_takes_no_frames_and_waits_for_no_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = FileWriter(tmp_path, CallMask)
    one = call()
    with monkeypatch.context() as child:
        child.setattr(file_writer.os, "getpid", lambda: 0)
        writer.frame(one, 0.0, "out", PLAY, 100)
        assert not writer.close()
    assert one.left_out == 1
    assert writer.close()
