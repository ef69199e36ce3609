"""The programs of the page about campaigns print what the page says."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from clean_process import clean_process
from doubles.threaded_sandbox import ThreadedSandbox

from relay_runtime.campaign.outcome import CampaignOutcome
from relay_runtime.sandbox import Callee, Sandbox

PAGE = (Path(__file__).parents[2] / "docs" / "campaign.md").read_text(encoding="utf-8")
PROGRAM, PRINTS = r"^```python\n# ([^\n]+)\n(.*?)^```\n\n", r"prints[^\n]*\n\n```text\n(.*?)```"
FOUND = re.findall(PROGRAM + PRINTS, PAGE, re.DOTALL | re.MULTILINE)
PROGRAMS = {name: text for name, text, _ in FOUND}


def lines(printed: str) -> list[str]:
    """What was printed, in no order: how long a call takes to be answered is nobody's promise."""
    return sorted(line.rstrip() for line in printed.splitlines())


PRINTED = {name: lines(printed) for name, _, printed in FOUND}


def guests(sandbox: Sandbox) -> None:
    sandbox.on_dial("*", Callee().answers().hears("Your table is ready").waits_for_hangup())
    sandbox.on_dial("+15550100002", Callee().is_busy())
    sandbox.on_dial("+15550100003", Callee().declines())


@pytest.fixture
def threaded() -> Iterator[ThreadedSandbox]:
    with clean_process(), ThreadedSandbox() as threaded:
        sandbox = threaded.sandbox
        os.environ["SIGNALWIRE_SPACE"] = sandbox.url
        os.environ["SIGNALWIRE_PROJECT_ID"], os.environ["SIGNALWIRE_API_TOKEN"] = sandbox.project, sandbox.token
        threaded.do(guests, sandbox)
        yield threaded
        assert sandbox.errors == []
        assert sandbox.counters.calls_up == 0


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_prints_what_the_page_says(
    name: str, threaded: ThreadedSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    exec(compile(PROGRAMS[name], name, "exec"), {"__name__": "__main__"})
    assert lines(capsys.readouterr().out) == PRINTED[name]


def test_the_page_has_both_programs_and_every_result() -> None:
    assert PROGRAMS.keys() == {"remind.py", "remind_asyncio.py"}
    results = re.findall(r"^\| `(\w+)` \| ", PAGE.partition("## What came of it")[2], re.MULTILINE)
    assert results == re.findall(r"^ +(\w+) +(?:somebody|nobody|the)", CampaignOutcome.__doc__ or "", re.MULTILINE)
