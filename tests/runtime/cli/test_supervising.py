"""The parent of several workers, as a command."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from relay_runtime.cli.failure import Failure
from relay_runtime.cli.supervising import _directory, supervise, worker_arguments
from relay_runtime.process.process import ExitCode
from relay_runtime.settings import directories
from relay_runtime.settings.config import from_file, merge
from relay_runtime.settings.options import OPTIONS, PROCESS


def test_a_worker_gets_the_parents_command_line() -> None:
    given = {"app": "app:It", "contexts": ("a", "b"), "leave_at": 0.9, "drain_timeout": None, "max_active_calls": 8}
    assert worker_arguments(given, Path("relay.toml"), Path("my.env")) == [
        "app:It",
        "--context=a",
        "--context=b",
        "--leave-at=0.9",
        "--max-active-calls=8",
        "--config=relay.toml",
        "--env-file=my.env",
    ]


def test_what_concerns_the_parent_alone_is_left_out() -> None:
    assert worker_arguments({"app": "app:It", "workers": 4, "control_socket": "x.sock"}, None, None) == ["app:It"]
    assert worker_arguments({"app": "app:It"}, None, None, asyncio=True) == ["--asyncio", "app:It"]


def test_a_switch_is_handed_on_without_a_value() -> None:
    given = {"record": "calls", "keep_words": True, "mask_digits": False}
    assert worker_arguments(given, None, None) == ["--record=calls", "--keep-words"]


def test_every_flag_can_be_handed_on() -> None:
    given = {option.name: "x" for option in OPTIONS.values() if option.flag}
    handed = worker_arguments(given, None, None)
    assert len(handed) == len(given) - len(PROCESS)
    assert all(each == "x" or each.startswith("--") for each in handed)


def test_more_workers_than_calls_are_refused_before_any_is_started() -> None:
    config = merge(from_file({"app": "app:It", "workers": 3, "max_active_calls": 2}, "relay.toml"))
    with pytest.raises(Failure, match="is 2, which is fewer than the 3 workers that share it") as failure:
        supervise(config, [], None)
    assert failure.value.code == ExitCode.BAD_CONFIG


def test_an_app_must_be_named() -> None:
    with pytest.raises(Failure, match="say what serves the calls"):
        supervise(merge(from_file({"workers": 3}, "relay.toml")), [], None)


def test_the_workers_sockets_have_a_place_where_somebody_else_has_the_name_of_the_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(directories, "SHARED", tmp_path)
    (tmp_path / f"relay-runtime-{os.getuid()}").write_text("")
    with _directory() as path:
        assert path.parent.name.startswith(f"relay-runtime-{os.getuid()}-")
        assert path.stat().st_mode & 0o077 == 0
    assert not path.exists()
