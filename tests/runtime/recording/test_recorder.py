"""Recording the calls of a client."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from doubles.call_frames import CALL, command, offer, state

from relay_runtime.client.frame_tap import FrameTap
from relay_runtime.recording import recorder as module
from relay_runtime.recording.reading import read_recording
from relay_runtime.recording.recorder import Recorder

OTHER = "bbbbbbbb-0000-0000-0000-000000000002"


class Line:
    tap: Any = None


class Client:
    """Has a tap, and the secrets that a client has."""

    project, token, jwt_token = "project-1", "PT-secret", ""

    def __init__(self) -> None:
        self.tap, self.line = FrameTap(), Line()
        self.tap.through(lambda: self.line)()

    def carry(self, direction: str, frame: bytes) -> None:
        if self.line.tap is not None:
            self.line.tap(direction, frame)


def files(directory: Path) -> list[Path]:
    return sorted(directory.iterdir())


def test_each_call_is_recorded_to_a_file_in_a_directory_of_the_users_own(tmp_path: Path) -> None:
    client = Client()
    with Recorder(client, tmp_path / "made" / "here") as recorder:
        for call_id in (CALL, OTHER):
            client.carry("in", offer(call_id))
        client.carry("out", command("calling.play", call_id=OTHER, play=[{"type": "tts", "params": {"text": "Hi"}}]))
        for call_id in (CALL, OTHER):
            client.carry("in", state("ended", call_id))
    assert recorder.directory == tmp_path / "made" / "here"
    assert stat.S_IMODE(recorder.directory.stat().st_mode) == 0o700
    found = {read.call_id: read for read in map(read_recording, files(recorder.directory))}
    assert {call_id: len(read.frames) for call_id, read in found.items()} == {CALL: 2, OTHER: 3}
    assert b"5550107777" not in b"".join(path.read_bytes() for path in files(recorder.directory))
    assert (recorder.recorded, recorder.left_out, recorder.cut_off) == (2, 0, 0)
    assert client.line.tap is None


def test_words_and_keys_are_as_it_was_told_and_secrets_never_there(tmp_path: Path) -> None:
    client = Client()
    words = [{"type": "tts", "params": {"text": "Hi, PT-secret"}}]
    with Recorder(client, tmp_path / "r", keep_words=True, mask_digits=True) as recorder:
        client.carry("in", offer())
        client.carry("out", command("calling.play", call_id=CALL, play=words))
        client.token = "PT-renewed"
        client.carry("out", command("calling.send_digits", call_id=CALL, digits="12"))
        client.carry("in", state("ended"))
    found = read_recording(*files(recorder.directory))
    assert (found.header.words_kept, found.header.digits_masked) == (True, True)
    assert found.frames[1].frame["params"]["play"][0]["params"]["text"] == "Hi, ********"
    assert found.frames[2].frame["params"]["digits"] == "<digits-1:2>"


def test_a_call_that_goes_on_when_the_recorder_is_closed_is_cut_off_there(tmp_path: Path) -> None:
    client = Client()
    recorder = Recorder(client, tmp_path / "r")
    recorder.start()
    client.carry("in", offer())
    recorder.close()
    recorder.close()
    client.carry("in", state("ended"))
    found = read_recording(*files(recorder.directory))
    assert (found.end.end, found.end.whole, len(found.frames)) == ("stopped", False, 1)


def test_it_can_be_started_again_but_not_twice(tmp_path: Path) -> None:
    client = Client()
    recorder = Recorder(client, tmp_path / "r")
    with recorder, pytest.raises(RuntimeError, match="the calls are recorded already"):
        recorder.start()
    with recorder:
        client.carry("in", offer())
        client.carry("in", state("ended"))
    assert len(files(recorder.directory)) == 1
    Recorder(client, tmp_path / "r").close()


def test_a_directory_that_others_can_open_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(ValueError, match=r"is not this user's alone; .* such as .*/recordings, which is made"):
        Recorder(Client(), tmp_path)
    with pytest.raises(ValueError, match="can't be made: Not a directory"):
        (tmp_path / "file").write_text("")
        Recorder(Client(), tmp_path / "file" / "below")


def test_what_cannot_be_written_is_logged_and_disturbs_nobody(
    tmp_path: Path, log_lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client()
    with Recorder(client, tmp_path / "r") as recorder:
        recorder.directory.rmdir()
        client.carry("in", offer())
        client.carry("in", state("ended"))
    (line,) = [line for line in log_lines if line.startswith("ERROR")]
    assert (
        f"calls could not be recorded in {recorder.directory}: recordings cut off: 1 (No such file or directory), "
        in line
    )
    assert "frames left out: 0" in line
    assert recorder.cut_off == 1


def test_it_is_logged_once_in_ten_seconds_and_at_the_end(
    tmp_path: Path, log_lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay_runtime.recording.file_writer._FRAMES", 0)
    client = Client()
    with Recorder(client, tmp_path / "r") as recorder:
        for _ in range(50):
            client.carry("in", offer())
    lines = [line for line in log_lines if line.startswith("ERROR")]
    assert [line.rpartition(": ")[2].split()[0] for line in lines] == ["1", "50"]
    assert recorder.left_out == 50


def test_a_thread_that_does_not_come_to_its_end_is_told(
    tmp_path: Path, log_lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.FileWriter, "close", lambda _: False)
    with Recorder(Client(), tmp_path / "r"):
        pass
    assert any("could not be written in time" in line for line in log_lines)
