"""Configuration files and environment files."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay_runtime.settings.settings_file import read_environment_file, read_settings_file


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "a.file"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_file_is_read_by_option_name(tmp_path: Path) -> None:
    path = written(tmp_path, 'contexts = ["office"]\nmax_active_calls = 5\n')
    assert read_settings_file(path) == {"contexts": ["office"], "max_active_calls": 5}


def test_an_unknown_key_is_refused_and_the_right_one_suggested(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"unknown key: max_calls; did you mean max_active_calls\?"):
        read_settings_file(written(tmp_path, "max_calls = 5\n"))


def test_a_key_like_no_other_is_refused_with_all_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown key: zzz; known are app, contexts, host"):
        read_settings_file(written(tmp_path, "zzz = 5\n"))


@pytest.mark.parametrize("reader", [read_settings_file, read_environment_file])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, reader) -> None:
    with pytest.raises(ValueError, match=r"none does not exist; name an existing file"):
        reader(tmp_path / "none")


@pytest.mark.parametrize("reader", [read_settings_file, read_environment_file])
def test_a_directory_and_bytes_that_are_no_text_are_refused(tmp_path: Path, reader) -> None:
    with pytest.raises(ValueError, match="can't be read: Is a directory"):
        reader(tmp_path)
    with pytest.raises(ValueError, match="is no text in UTF-8"):
        reader(written(tmp_path, b"A=\xff"))


def test_what_is_no_toml_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"is no TOML: .*line 2"):
        read_settings_file(written(tmp_path, 'host = "x"\nhost = \n'))


def test_an_environment_file_has_quotes_comments_and_exports(tmp_path: Path) -> None:
    path = written(tmp_path, "# mine\nexport A=1\nB='two words'\n\nC=\"x#y\" # why\nD=\nE=${A}\n")
    assert read_environment_file(path) == {"A": "1", "B": "two words", "C": "x#y", "D": "", "E": "${A}"}


@pytest.mark.parametrize("line", ["my-secret", "=my-secret", "A 'my-secret'"])
def test_a_line_that_is_no_assignment_is_refused_by_number_and_not_repeated(tmp_path: Path, line: str) -> None:
    with pytest.raises(ValueError, match=r"line 3: not of the form NAME=value") as caught:
        read_environment_file(written(tmp_path, f"A=1\n\n{line}\n"))
    assert "my-secret" not in str(caught.value)
