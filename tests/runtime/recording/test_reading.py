"""Reading a recording again."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from relay_runtime.recording.call_mask import CallMask
from relay_runtime.recording.lines import FORMAT, MID_CALL, RecordingLines, Start, encode
from relay_runtime.recording.reading import RecordingError, read_recording

CALL = "c0ffee00-1111-2222-3333-444444444444"


def written(**how: object) -> list[bytes]:
    """Return the lines of a recording of two frames."""
    made = RecordingLines(Start(wall=1.0, monotonic=0.0, **how), CallMask())  # type: ignore[arg-type]
    found = [encode(made.header())]
    for at in (0.5, 1.5):
        frame = {"id": CALL, "method": "calling.play", "params": {"call_id": CALL}}
        found.append(encode(made.frame(at, "out", frame)))
    return [*found, encode(made.end("ended", 2.0, call_id=CALL))]


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "call.jsonl"
    path.write_bytes(b"".join(written(tag=CALL, direction="outbound")))
    found = read_recording(path)
    assert (found.header.tag, found.header.direction, found.call_id) == (CALL, "outbound", CALL)
    assert [(line.at, line.direction, line.frame["method"]) for line in found.frames] == [
        (0.5, "out", "calling.play"),
        (1.5, "out", "calling.play"),
    ]
    assert (found.end.end, found.end.whole, found.not_replayable) == ("ended", True, ())
    assert read_recording(str(path)) == found


def test_a_line_break_at_the_end_may_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "call.jsonl"
    path.write_bytes(b"".join(written(call_id=CALL)).rstrip())
    assert read_recording(path).end.whole


def test_why_it_cannot_be_replayed_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "call.jsonl"
    path.write_bytes(b"".join(written(call_id=CALL, from_beginning=False)))
    assert read_recording(path).not_replayable == (MID_CALL,)


def test_what_a_newer_version_has_added_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "call.jsonl"
    lines = [msgspec.json.encode({**msgspec.json.decode(line), "new": 1}) + b"\n" for line in written()]
    path.write_bytes(b"".join(lines))
    assert len(read_recording(path).frames) == 2


HEADER, FIRST, SECOND, END = written()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "line 1: it is empty"),
        (b"\n", "line 1: it is empty"),
        (b"hello\n", "line 1: it is no JSON"),
        (b"\xff\xfe\n", "line 1: it is no JSON"),
        (b"[1]\n", "line 1: it is no JSON object"),
        (b'{"time": 1}\n', "line 1: it names no format; a recording of relay-runtime is JSON lines"),
        (b'{"recording": true}\n', "line 1: it names no format"),
        (b'{"recording": 1}\n', "line 1: it is no header of a recording: "),
        (
            msgspec.json.encode({"recording": FORMAT + 1, "relay_runtime": "9.9"}) + b"\n",
            f"line 1: it has format {FORMAT + 1}, and this relay-runtime reads up to {FORMAT}; read it with the "
            "version that wrote it (9.9)",
        ),
        (HEADER, "line 1: the recording breaks off here: its last line is missing"),
        (HEADER + FIRST + SECOND, "line 3: the recording breaks off here"),
        (HEADER + FIRST + SECOND[:-5], "line 3: the recording breaks off here"),
        (HEADER + FIRST + b"{}\n" + END, "line 3: it is no line of a recording: "),
        (HEADER + b"nonsense\n" + END, "line 2: it is no JSON"),
        (HEADER + FIRST.replace(b'"out"', b'"up"') + SECOND + END, "line 2: it is no line of a recording: "),
        (HEADER + SECOND + FIRST + END, "line 3: it is of an earlier time than the line before it"),
        (HEADER + FIRST + END, "line 3: it tells of 2 frames, and there are 1: lines were added or removed"),
        (HEADER + FIRST + SECOND + b'{"end": 5}\n', "line 4: it is no end of a recording: "),
    ],
)
def test_what_is_no_recording_is_refused_with_the_line(tmp_path: Path, data: bytes, told: str) -> None:
    path = tmp_path / "call.jsonl"
    path.write_bytes(data)
    with pytest.raises(RecordingError) as caught:
        read_recording(path)
    assert str(caught.value).startswith(f"{path}, {told}")


def test_a_file_that_is_not_there_is_no_recording_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_recording(tmp_path / "none.jsonl")
