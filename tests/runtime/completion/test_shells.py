"""How each shell tells what is typed, and wants to be told what may be."""

from __future__ import annotations

import pytest

from relay_runtime.completion.shells import SHELLS, Offer

BASH, ZSH, FISH = SHELLS["bash"], SHELLS["zsh"], SHELLS["fish"]


def bash(*words: str) -> tuple[list[str], str]:
    return BASH.words({"COMP_WORDS": "\n".join(["relay-runtime", *words]), "COMP_CWORD": str(len(words))})


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("start", "ap"), (["start"], "ap")),
        (("start", ""), (["start"], "")),
        (("start", "app", ":"), (["start"], "app:")),
        (("start", "app", ":", "Gr"), (["start"], "app:Gr")),
        (("start", "app", ":", "Gr", ""), (["start", "app:Gr"], "")),
        (("start", "--log-level", "=", "de"), (["start"], "--log-level=de")),
        (("call", "--socket", '"/a b"', ""), (["call", "--socket", "/a b"], "")),
        (("call", '"cc1'), (["call"], "cc1")),
        ((), ([], "")),
    ],
)
def test_words_that_bash_takes_apart_are_put_together(words: tuple[str, ...], told: tuple[list[str], str]) -> None:
    assert bash(*words) == told


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("relay-runtime start app:Gr", (["start"], "app:Gr")),
        ("relay-runtime start ", (["start"], "")),
        ("relay-runtime ", ([], "")),
        ("relay-runtime call 'cc1", (["call"], "cc1")),
    ],
)
def test_zsh_and_fish_tell_a_line(line: str, told: tuple[list[str], str]) -> None:
    for shell in (ZSH, FISH):
        assert shell.words({"_TYPER_COMPLETE_ARGS": line}) == told


def test_bash_gets_what_stands_behind_the_last_separator() -> None:
    assert BASH.shown([Offer("app:Desk"), Offer("app:Night")], "app:", {}) == ("Desk\nNight\n", 0)
    assert BASH.shown([Offer("app:Desk", "a desk")], "ap", {}) == ("app:Desk\n", 0)


def test_zsh_gets_a_command_with_help_and_files_where_nothing_is_known() -> None:
    assert ZSH.shown([Offer("app:Desk", "it: [a] desk"), Offer("b")], "", {}) == (
        '_arguments \'*: :(("app\\\\:Desk":"it   a  desk"\n"b"))\'\n',
        0,
    )
    assert ZSH.shown([], "", {}) == ("_files\n", 0)


def test_fish_gets_lines_and_an_exit_code_that_says_whether_there_are_any() -> None:
    asks = {"_TYPER_COMPLETE_FISH_ACTION": "is-args"}
    assert FISH.shown([Offer("a", "help"), Offer("b")], "", {}) == ("a\thelp\nb\n", 0)
    assert FISH.shown([Offer("a")], "", asks) == ("", 0)
    assert FISH.shown([], "", asks) == ("", 1)


@pytest.mark.parametrize("value", ["$(touch x)", "a b", 'a"b', "a'b", "a`b`", "a\\", "a;b", "a\nb", "*", ""])
@pytest.mark.parametrize("shell", SHELLS)
def test_no_shell_is_told_a_word_that_it_would_take_apart(value: str, shell: str) -> None:
    nothing = SHELLS[shell].shown([], "", {})
    assert SHELLS[shell].shown([Offer(value)], "", {}) == nothing


@pytest.mark.parametrize("shell", SHELLS)
def test_help_is_told_without_what_a_shell_would_obey(shell: str) -> None:
    plain = SHELLS[shell].shown([Offer("x", "a" * 10)], "", {})[0]
    assert SHELLS[shell].shown([Offer("x", "$`\\;\n\"':[]")], "", {})[0] == plain.replace("a" * 10, " " * 10)
