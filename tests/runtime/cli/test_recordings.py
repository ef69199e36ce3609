"""Recording the calls of a process, as its settings say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from doubles.call_frames import CALL, offer, state

from relay_runtime.cli.failure import Failure
from relay_runtime.cli.recordings import check_recordings, recorded
from relay_runtime.client.frame_tap import FrameTap
from relay_runtime.process.process import ExitCode
from relay_runtime.recording.reading import read_recording
from relay_runtime.settings.config import Config, from_file, from_flags, merge


class Line:
    tap: Any = None


class Client:
    project = token = jwt_token = ""

    def __init__(self) -> None:
        self.tap, self.line = FrameTap(), Line()
        self.tap.through(lambda: self.line)()


def settings(**given: Any) -> Config:
    return merge(from_flags(given))


def test_calls_are_recorded_as_the_settings_say(tmp_path: Path) -> None:
    client = Client()
    with recorded(settings(record=str(tmp_path / "r"), keep_words=True, mask_digits=True), client):
        client.line.tap("in", offer())
        client.line.tap("in", state("ended"))
    (path,) = (tmp_path / "r").iterdir()
    found = read_recording(path)
    assert (found.call_id, found.header.words_kept, found.header.digits_masked) == (CALL, True, True)


def test_nothing_is_recorded_unless_it_is_wanted(tmp_path: Path) -> None:
    client = Client()
    with recorded(settings(), client):
        assert client.line.tap is None
    check_recordings(settings())


def test_a_directory_that_others_can_open_is_refused_before_anything_begins(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for look in (check_recordings, lambda config: recorded(config, Client())):
        with pytest.raises(Failure, match="--record: the directory .* is not this user's alone") as failure:
            look(settings(record=str(tmp_path)))
        assert failure.value.code == ExitCode.BAD_CONFIG


@pytest.mark.parametrize("name", ["keep_words", "mask_digits"])
def test_how_to_record_makes_no_sense_without_where(name: str) -> None:
    with pytest.raises(Failure, match="is about recordings: give --record DIR too") as failure:
        check_recordings(merge(from_file({name: True}, "relay.toml")))
    assert failure.value.code == ExitCode.USAGE
    check_recordings(merge(from_file({name: False}, "relay.toml")))
