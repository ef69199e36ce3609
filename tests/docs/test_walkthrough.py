"""A page that is followed: files, commands, what they print, Ctrl-C, several terminals."""

from __future__ import annotations

from pathlib import Path

import pytest
from walkthrough import Reader, blocks, matches

pytestmark = pytest.mark.slow  # commands in processes of their own

WAITS = """python3 -c "import time; print('up', flush=True); time.sleep(500)\""""


def followed(home: Path, page: str) -> list[str]:
    with Reader(home) as reader:
        reader.follow(page)
    return reader.mistakes


def console(*lines: str) -> str:
    return "```console\n" + "".join(f"{line}\n" for line in lines) + "```\n\n"


def test_files_are_saved_and_commands_see_them(tmp_path: Path) -> None:
    page = "```python\n# in/app.py\nprint(6 * 7)\n```\n\n" + console("$ cd in", "$ python3 app.py", "42")
    assert followed(tmp_path, page) == []


def test_what_is_printed_otherwise_is_a_mistake_that_shows_both(tmp_path: Path) -> None:
    (mistake,) = followed(tmp_path, console("$ echo one", "two", "$ echo three", "three"))
    assert "$ echo one\none\n" in mistake
    assert mistake.endswith("two\n")


def test_a_folder_and_a_variable_last(tmp_path: Path) -> None:
    page = console("$ mkdir a; cd a", "$ export ONE='1 2'") + console('$ echo "$ONE"; basename "$PWD"', "1 2", "a")
    assert followed(tmp_path, page) == []


def test_a_command_goes_on_behind_a_backslash(tmp_path: Path) -> None:
    assert followed(tmp_path, console("$ echo one \\", "  two", "one two")) == []


def test_ctrl_c_is_pressed_where_it_stands(tmp_path: Path) -> None:
    assert followed(tmp_path, console(f"$ {WAITS}", "up", "^C", "…", "KeyboardInterrupt")) == []
    assert followed(tmp_path, console(f"$ {WAITS}", "up", "^C", "something else")) != []


def test_a_command_runs_on_while_another_terminal_is_used(tmp_path: Path) -> None:
    page = (
        console(f"$ {WAITS}", "up", "…") + console("$ echo beside", "beside") + console("^C", "…", "KeyboardInterrupt")
    )
    assert followed(tmp_path, page) == []


def test_a_command_that_another_terminal_ends_is_gone_back_to_by_what_it_printed(tmp_path: Path) -> None:
    page = console("$ echo $$; read -r line < pipe; echo $line", "…") + console("$ echo over > pipe")
    assert followed(tmp_path, console("$ mkfifo pipe") + page + console("over")) == []
    assert followed(tmp_path, page + console("out")) != []


def test_a_command_that_runs_on_is_looked_at_in_between(tmp_path: Path) -> None:
    begins = console("$ mkfifo pipe", '$ while :; do read -r line < pipe; echo "$line"; done', "…")
    page = begins + console("$ echo one > pipe") + console("one", "…") + console("$ echo two > pipe")
    assert followed(tmp_path, page + console("two", "^C")) == []


def test_each_reader_has_a_folder_of_their_own_for_sockets_as_long_as_they_read(tmp_path: Path) -> None:
    page = console('$ cd; mkdir -p "$XDG_RUNTIME_DIR/one"', '$ echo "$XDG_RUNTIME_DIR" > runtime')
    assert followed(tmp_path, page) == []
    assert not Path((tmp_path / "runtime").read_text().strip()).exists()


def test_a_command_that_still_runs_at_the_end_is_a_mistake_and_is_ended(tmp_path: Path) -> None:
    assert followed(tmp_path, console(f"$ {WAITS}", "up", "…")) == [f"still runs at the end of the page: {WAITS}"]


def test_a_block_can_be_left_out_with_a_reason(tmp_path: Path) -> None:
    assert followed(tmp_path, "<!-- not typed: needs an account -->\n" + console("$ false", "never")) == []


def test_only_a_comment_with_the_name_of_a_file_makes_a_file() -> None:
    page = "```python\n# app.py\n```\n\n```python\n# Not a name.\n```\n\n```text\n# deploy/Containerfile\n```\n"
    assert [block.file for block in blocks(page)] == ["app.py", "", "deploy/Containerfile"]


@pytest.mark.parametrize("lines", [("$ false",), ("$ (echo 1; exit 3)", "1", "…")])
def test_a_command_that_fails_unseen_is_a_mistake(tmp_path: Path, lines: tuple[str, ...]) -> None:
    (mistake,) = followed(tmp_path, console(*lines) + console("$ echo over", "over"))
    assert mistake.startswith("failed with the exit code")


def test_a_command_may_fail_where_the_page_shows_how(tmp_path: Path) -> None:
    assert followed(tmp_path, console("$ (echo broken; exit 3)", "broken", "$ echo $?", "3")) == []


def test_a_command_that_has_ended_before_ctrl_c_is_a_mistake(tmp_path: Path) -> None:
    assert followed(tmp_path, console("$ echo up", "up", "^C")) == ["has ended before ^C: echo up"]


def test_a_file_stays_in_the_home(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="evil"):
        followed(tmp_path / "home", "```python\n# ../../evil.py\n```\n")


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("a\n", "a  \n"),
        ("a … c\n", "a b c\n"),
        ("a\n…\nd\n", "a\nb\nc\nd\n"),
        ("a\n…\nd\n", "a\nd\n"),
        ("", ""),
    ],
)
def test_what_a_page_shows_is_what_was_printed(shown: str, printed: str) -> None:
    assert matches(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [("a\n", "a\nb\n"), ("a … c\n", "a b\nc\n"), ("…\nd\n", "a\nb\n"), ("a.c\n", "abc\n"), ("", "a\n")],
)
def test_what_a_page_shows_is_something_else(shown: str, printed: str) -> None:
    assert not matches(shown, printed)
