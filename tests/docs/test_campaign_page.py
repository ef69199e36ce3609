"""The programs of the page about campaigns print what the page says."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from clean_process import clean_process
from doubles.hub import until
from doubles.threaded_sandbox import ThreadedSandbox
from loguru import logger
from walkthrough import block_with

from relay_runtime import RelayClient, phone, serial
from relay_runtime.campaign.outcome import CampaignOutcome
from relay_runtime.sandbox import Callee, Sandbox

PAGE = (Path(__file__).parents[2] / "docs" / "campaign.md").read_text(encoding="utf-8")
PROGRAM, PRINTS = r"^```python\n# ([^\n]+)\n(.*?)^```\n\n", r"prints[^\n]*\n\n```text\n(.*?)```"
FOUND = re.findall(PROGRAM + PRINTS, PAGE, re.DOTALL | re.MULTILINE)
PROGRAMS = {name: text for name, text, _ in FOUND}


def lines(printed: str) -> list[str]:
    """What was printed, in no order: how long a call takes to be answered is nobody's promise."""
    return sorted(line.rstrip() for line in printed.splitlines())


PRINTED = {name: printed for name, _, printed in FOUND}
STOPPED = block_with(PAGE, "campaign reminders has stopped")


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
    assert lines(capsys.readouterr().out) == lines(PRINTED[name])


def test_the_page_has_both_programs_and_every_result() -> None:
    assert PROGRAMS.keys() == {"remind.py", "remind_asyncio.py"}
    results = re.findall(r"^\| `(\w+)` \| ", PAGE.partition("## What came of it")[2], re.MULTILINE)
    assert results == re.findall(r"^ +(\w+) +(?:somebody|nobody|the)", CampaignOutcome.__doc__ or "", re.MULTILINE)


def test_the_line_of_a_campaign_that_is_stopped_is_as_shown() -> None:
    said: list[str] = []
    with clean_process(), Sandbox(time_scale=0.01, control_port=None) as sandbox:
        sandbox.on_dial("*", Callee().rings(60_000).never_answers())
        logger.configure(handlers=[{"sink": said.append, "format": "{message}"}])
        with RelayClient(project=sandbox.project, token=sandbox.token, host=sandbox.url) as client:
            campaign = client.campaign("reminders", cps=1000, at_once=3)
            for number in range(15):
                campaign.add(serial(phone(f"+155501000{number:02}", from_number="+15550100099")), key=str(number))
            campaign.add_all(iter(()))
            until(lambda: len(sandbox.runs()) == 3)
            campaign.stop()
    assert [line for line in said if line.startswith("campaign ")] == [STOPPED]
