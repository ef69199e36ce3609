"""The programs of the page about testing do what the page says, and print what it shows."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

import relay_runtime.testing.app
import relay_runtime.testing.stage  # before runs within this one, which forget what they have imported  # noqa: F401
from relay_runtime.testing import Line, MessageBox, plugin

pytest_plugins = ["pytester"]

PAGE = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
ANSWERS = r"(?:\n(?:fails with|prints)\n\n```text\n(.*?)```)?"
FOUND = re.findall(rf"^```python\n# ([^\n]+)\n(.*?)^```\n{ANSWERS}", PAGE, re.DOTALL | re.MULTILINE)
PROGRAMS = {name: f"# {name}\n{text}" for name, text, _ in FOUND}
SHOWN = {name: shown for name, _, shown in FOUND}
TESTS = [name for name in PROGRAMS if name.startswith("test_")]
OURS = ("-p", "no:relay-runtime", "-p", "relay_runtime.testing.plugin", "-p", "no:cacheprovider")
SLOWER = {"test_faults.py", "test_time.py", "test_asyncio.py"}
"""What lasts for long where time is real, or is real already."""

CRASHING = {"test_crash.py", "test_faults.py", "test_policy.py"}
"""What shows how a crash looks."""

AS_IT_IS = {"test_many.py"}
"""What has more to do than a busy machine can when time runs faster."""


def with_marks(names: Iterable[str]) -> list[Any]:
    return [pytest.param(name, marks=pytest.mark.crashes) if name in CRASHING else name for name in names]


def run(pytester: pytest.Pytester, name: str, *arguments: str) -> pytest.RunResult:
    """Run one of the tests of the page, with the others beside it."""
    for each, text in PROGRAMS.items():
        (pytester.path / each).write_text(text, encoding="utf-8")
    pytester.syspathinsert()
    return pytester.runpytest_inprocess(*OURS, *arguments, name)


@pytest.mark.parametrize("name", with_marks(TESTS))
def test_the_tests_of_the_page_do_what_it_says(pytester: pytest.Pytester, name: str) -> None:
    result = run(pytester, name)
    count = len(re.findall(r"^ *def test_", PROGRAMS[name], re.MULTILINE))
    assert count
    if SHOWN[name]:
        result.assert_outcomes(failed=count)
        assert SHOWN[name] in str(result.stdout).replace(str(pytester.path), "/srv/office") + "\n"
    else:
        result.assert_outcomes(passed=count)


@pytest.mark.proof
@pytest.mark.parametrize("name", with_marks(name for name in TESTS if not SHOWN[name] and name not in SLOWER))
def test_they_do_so_over_sockets_too(pytester: pytest.Pytester, name: str) -> None:
    scale = 1 if name in AS_IT_IS else 10
    result = run(pytester, name, "--relay-real-time", f"--relay-time-scale={scale}")
    assert result.ret == pytest.ExitCode.OK


def test_the_program_on_virtual_time_prints_what_the_page_says() -> None:
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(PROGRAMS["alone.py"], "alone.py", "exec"), {"__name__": "__main__"})
    assert printed.getvalue() == SHOWN["alone.py"]


def names(section: str) -> set[str]:
    """Return the names that begin the cells of the tables of a section."""
    text = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`[^|]*`) \|", text, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([\w-]+)", cell)}


def test_every_fixture_option_and_method_is_in_a_table() -> None:
    fixtures = {name for name in vars(plugin) if name.startswith("relay_")}
    assert names("The first test") == fixtures | {"relay_replay"}
    assert names("Lines") == {name for name in dir(Line) if not name.startswith("_")}
    assert names("Messages") - {"relay_messages"} == {name for name in dir(MessageBox) if not name.startswith("_")}
    options = set(re.findall(r'"(--relay-[\w-]+)"', Path(plugin.__file__).read_text()))
    assert {f"--{name.lstrip('-')}" for name in names("Options") if name != "option"} == options


def test_links_lead_somewhere() -> None:
    folder = Path(__file__).parents[2] / "docs"
    for link in re.findall(r"\]\(([^)#\s]+)", PAGE):
        assert (folder / link).exists(), link
