"""``relay-runtime start``: what it refuses before it serves."""

from __future__ import annotations

from pathlib import Path

import pytest
from doubles.output import Output

from relay_runtime.cli import run
from relay_runtime.process.process import ExitCode


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        ([], ExitCode.USAGE, "say what serves the calls"),
        (["app:Patient", "--sandbox", "--host", "h"], ExitCode.USAGE, "exclude each other"),
        (["app:Patient", "--sandbox-callers", "2"], ExitCode.USAGE, "give --sandbox too"),
        (
            ["app:Patient", "--max-active-calls", "many"],
            ExitCode.USAGE,
            "--max-active-calls is 'many': accepted is a w",
        ),
        (
            ["app:Patient", "--worker-timeout", "abc"],
            ExitCode.USAGE,
            "is 'abc': accepted is a number of seconds from 1, or",
        ),
        (
            ["app:Patient", "--http-port", "abc"],
            ExitCode.USAGE,
            "--http-port is 'abc': accepted is a port from 1 to 65535",
        ),
        (
            ["app:Patient", "--reload-calls", "now"],
            ExitCode.USAGE,
            "--reload-calls is 'now': accepted is one of end, drain",
        ),
        (["app:Patient", "--sandbox-callers", "-1"], ExitCode.USAGE, "is '-1': accepted is a whole number from 0"),
        (["app:client", "--overload", "busy"], ExitCode.USAGE, "--overload does not apply"),
        (["app:client", "--leave-at", "0.9"], ExitCode.USAGE, "--leave-at does not apply"),
        (["app:Patient", "--leave-at", "2"], ExitCode.USAGE, "a share of max_active_calls"),
        (["app:client", "--host", "x.example.com"], ExitCode.USAGE, "--host does not apply"),
        (["app:client", "--sandbox"], ExitCode.USAGE, "--sandbox does not apply"),
        (["app:loop", "--sandbox"], ExitCode.BAD_APP, "is a client of relay_runtime.aio: start it with --asyncio"),
        (["app:Patient", "--sandbox", "--asyncio"], ExitCode.BAD_APP, "start it without --asyncio"),
        (["app:client", "--asyncio"], ExitCode.BAD_APP, "start it without --asyncio"),
        (["app:loop", "--asyncio", "--overload", "busy"], ExitCode.USAGE, "--overload does not apply to a client"),
        (["app:loop", "--asyncio", "--sandbox"], ExitCode.USAGE, "--sandbox does not apply"),
        (["app:loop", "--asyncio", "--max-active-calls", "0"], ExitCode.USAGE, "whole number from 1"),
        (["app:Patent", "--sandbox"], ExitCode.BAD_APP, "did you mean Patient?"),
        (["other.py", "--sandbox"], ExitCode.BAD_APP, "other.py is no file"),
        (["app:Patient"], ExitCode.BAD_CONFIG, "missing credentials: project (SIGNALWIRE_PROJECT_ID"),
        (["app:Patient", "--max-active-calls", "0"], ExitCode.USAGE, "whole number from 1"),
        (["app:Patient", "--max-calls-per-worker", "9"], ExitCode.USAGE, "give --workers 2 or more"),
        (["app:Patient", "--pid-file", "app.py"], ExitCode.BAD_CONFIG, "holds something else than a process id"),
        (["app:Patient", "--pid-file", "."], ExitCode.BAD_CONFIG, "can't be written: Is a directory"),
        (["app:Patient", "--drain-timeout", "-1"], ExitCode.USAGE, "seconds from 0"),
        (["app:Patient", "--overload", "queue"], ExitCode.USAGE, "one of drop, pass, busy"),
        (["app:Patient", "--host", "ws://example.com"], ExitCode.USAGE, "would travel in clear"),
        (["app:Patient", "--config", "no.toml"], ExitCode.BAD_CONFIG, "no.toml does not exist"),
        (["app:Patient", "--env-file", "no.env"], ExitCode.BAD_CONFIG, "no.env does not exist"),
    ],
)
def test_a_mistake_is_one_line_that_helps_and_an_exit_code(
    arguments: list[str], code: ExitCode, text: str, output: Output
) -> None:
    assert run(["start", *arguments]) == code
    out, err = output()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith("relay-runtime: ")
    assert text in line


def test_an_authority_file_that_cannot_be_used_is_refused_before_the_first_connect(here: Path, output: Output) -> None:
    (here / "relay.toml").write_text('project = "p"\ntoken = "t"\nca_file = "none.pem"\n')
    assert run(["start", "app:Patient"]) == ExitCode.BAD_CONFIG
    assert "ca_file in relay.toml: " in output()[1]
