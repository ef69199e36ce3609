"""Flags come from the table of options."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args

import pytest
import typer
from doubles.output import Output

from relay_runtime.cli import app, flags, run
from relay_runtime.process.process import ExitCode
from relay_runtime.settings import kinds
from relay_runtime.settings.options import OPTIONS

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
START = COMMANDS["start"]


def call(command: Any, *arguments: str) -> Any:
    program = typer.Typer()
    program.command()(flags.expanded(command))
    return program(args=arguments, standalone_mode=False)


def test_start_has_a_flag_for_every_option_that_has_one() -> None:
    spellings = {spelling for parameter in START.params for spelling in (*parameter.opts, parameter.metavar)}
    assert {each for option in OPTIONS.values() for each in option.spellings} - spellings == set()


def test_no_secret_has_a_flag() -> None:
    assert [option.name for option in OPTIONS.values() if option.secret and option.flag] == []


def test_a_command_gets_what_was_given_of_a_section_by_option_name() -> None:
    def command(*, app: flags.App, contexts: flags.Contexts, calls: flags.Calls, logs: flags.Logs) -> Any:
        return {**app, **contexts, **calls, **logs}

    given = call(command, "app:It", "-c", "a", "--context", "b", "--leave-at", "0.9", "--log-level", "debug")
    assert {name: value for name, value in given.items() if value not in {None, ()}} == {
        "app": "app:It",
        "contexts": ("a", "b"),
        "leave_at": "0.9",
        "log_level": "debug",
    }
    assert set(given) == {option.name for option in OPTIONS.values() if option.name in given and option.flag}


def test_a_switch_is_given_without_a_value_and_is_none_when_it_is_not_given() -> None:
    def command(*, recording: flags.Recording) -> Any:
        return recording

    assert call(command, "--record", "calls", "--keep-words") == {
        "record": "calls",
        "keep_words": True,
        "mask_digits": None,
    }


def test_parameters_of_the_commands_own_stay_as_they_are() -> None:
    def command(*, server: flags.Server, as_json: flags.Json = False) -> Any:
        return server["host"], as_json

    assert call(command, "--host", "x.example.com", "--json") == ("x.example.com", True)
    assert call(command) == (None, False)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("top", "--interval", "soon"), "--interval is 'soon': accepted is a number from 0.1"),
        (("top", "--interval", "nan"), "--interval is 'nan': accepted is a number from 0.1"),
        (("top", "--count", "1.5"), "--count is '1.5': accepted is a whole number from 1"),
        (("ps", "--pid", "all"), "--pid is 'all': accepted is a whole number"),
        (
            ("sandbox", "--control-port", "70000"),
            "--control-port is '70000': accepted is a whole number from 0 to 65535",
        ),
        (("sandbox", "--time-scale", "0"), "--time-scale is '0': accepted is a number from 0.0001"),
    ],
)
def test_a_number_that_only_a_command_knows_is_refused_with_what_is_accepted(
    arguments: tuple[str, ...], told: str, output: Output
) -> None:
    assert run(arguments) == ExitCode.USAGE
    assert output()[1] == f"relay-runtime: {told}\n"


FREE = (kinds.TEXT, kinds.PATH, kinds.DIRECTORY, kinds.CREDENTIAL, kinds.NAMES)
"""Kinds of which almost any text is a value."""


def takes_any(parameter: Any) -> bool:
    """Return whether a flag takes almost any text."""
    option = OPTIONS.get(parameter.name)
    if option is not None:
        return option.kind in FREE
    annotation = parameter.type_descriptor.annotation
    types = [each for each in (annotation, *get_args(annotation)) if isinstance(each, type)]
    return not any(issubclass(each, int | float | Enum) for each in types)


def with_odd_values() -> Iterator[tuple[str, ...]]:
    """Yield for each flag of each command a command line in which its value is no value of its kind."""
    for name, command in COMMANDS.items():
        arguments = ["x" for each in command.params if each.param_type_name == "argument" and each.required]
        valued = [each for each in command.params if each.param_type_name == "option" and not each.is_flag]
        for each in valued:
            if each.required:
                arguments += [each.opts[0], "+15550100001"]
        yield from ((name, *arguments, each.opts[0], "o\x1bdd") for each in valued if not takes_any(each))


@pytest.mark.parametrize("arguments", [*with_odd_values()], ids=lambda each: f"{each[0]} {each[-2]}")
def test_an_odd_value_of_any_flag_is_refused_in_our_words(arguments: tuple[str, ...], output: Output) -> None:
    assert run(arguments) == ExitCode.USAGE
    (line,) = output()[1].splitlines()
    assert line.startswith(f"relay-runtime: {arguments[-2]}")
    assert "accepted" in line
    assert "\x1b" not in line


def test_flags_of_numbers_and_choices_are_among_those_that_are_tried() -> None:
    tried = {arguments[-2] for arguments in with_odd_values()}
    assert tried >= {
        "--http-port",
        "--workers",
        "--sandbox-callers",
        "--reload-calls",
        "--log-level",
        "--host",
        "--count",
    }


def test_no_complaint_of_the_parsers_runs_into_what_follows_it(output: Output) -> None:
    assert run(["start", "app", "--workers"]) == ExitCode.USAGE
    assert "requires an argument; try relay-runtime" in output()[1]


@pytest.mark.parametrize(("command", "level"), [("start", "info"), ("dial", "warning"), ("listen", "warning")])
def test_help_tells_the_default_that_the_command_has(command: str, level: str, output: Output) -> None:
    assert run([command, "--help"]) == ExitCode.OK
    told = " ".join(output()[0].replace("│", " ").split())
    assert f"trace, debug, info, warning or error. Default: {level}." in told
    assert "{default}" not in told
