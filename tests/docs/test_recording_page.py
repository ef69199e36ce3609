"""The page about recordings tells all that is in one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from relay_runtime.recording.lines import FORMAT, End, Header, Line, Why
from relay_runtime.recording.reading import RecordingError, read_recording

PAGE = (Path(__file__).parents[2] / "docs" / "recording.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"^\$ cat call\.jsonl\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)[0].splitlines()


@pytest.mark.parametrize(("kind", "heading"), [(Header, "The first"), (Line, "Then one"), (End, "The last")])
def test_each_key_of_a_line_is_explained_in_its_table(kind: type[msgspec.Struct], heading: str) -> None:
    table = PAGE.partition(f"\n{heading} line")[2].partition("\n\n")[2].partition("\n\n")[0]
    listed = {name for row in re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE) for name in re.findall(r"\w+", row)}
    assert listed == set(kind.__struct_fields__)


def test_each_end_is_explained() -> None:
    (row,) = re.findall(r"^\| `end` \|.*$", PAGE, re.MULTILINE)
    assert set(re.findall(r"`([a-z ]+)`", row)) == {"end", *get_args(Why)}


def test_the_example_is_of_this_format(tmp_path: Path) -> None:
    lines = [line for line in EXAMPLE if line != "…"]
    assert len(lines) < len(EXAMPLE)
    end = msgspec.json.decode(lines[-1])
    lines[-1] = msgspec.json.encode({**end, "frames": len(lines) - 2}).decode()
    path = tmp_path / "call.jsonl"
    path.write_text("\n".join(lines))
    assert read_recording(path).header.recording == FORMAT
    path.write_text("\n".join(lines[:-1]))
    with pytest.raises(RecordingError, match="breaks off"):
        read_recording(path)
