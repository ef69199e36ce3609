"""Which copy of the packages the tests run against, what they go by, and how little a run prints.

`pytest` tests this checkout, whatever is installed; the processes that tests start get it by ``PYTHONPATH``. With
``TESTED_COPY=wheel`` in the environment (`make test`) it tests what is installed, which must be the wheel of this very
checkout. A run against another copy than the one asked for is refused. No test goes by an account, a proxy, a terminal
or a builder that it does not name itself.
"""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import sys
import sysconfig
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest._code.code import ExceptionChainRepr
from _pytest.runner import runtestprotocol

ROOT = Path(__file__).parent
PACKAGES = {"relay_actors": ROOT / "actors", "relay_runtime": ROOT / "runtime"}
COPY = os.environ.get("TESTED_COPY", "checkout")
PLUGINS = {"relay-runtime": "relay_runtime.testing.plugin", "relay-runtime-replay": "relay_runtime.replay.plugin"}
LINES = 20  # that a failure shows of a captured log, and of each end of a message
LENGTH = 500  # characters that it shows of a line
ENTRIES = 8  # of a traceback, the last ones
SET_UP = re.compile(
    r"(SIGNALWIRE|RELAY(?!_TEST)|LOGURU|NOTIFY|WATCHDOG)_.*|.*_PROXY"
    r"|(FORCE|NO|PY)_COLORS?|TTY_.*|COLUMNS|LINES"  # how a terminal shows what a process prints
    r"|CI|BUILD_NUMBER|GITHUB_ACTIONS"  # pytest cuts no line for a builder; Typer takes it for a terminal
)

for name in [name for name in os.environ if SET_UP.fullmatch(name.upper())]:
    del os.environ[name]  # at once: some of them are read at an import
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as behind other work: what tests start would ignore it too
    signal.signal(signal.SIGINT, signal.default_int_handler)
if COPY == "checkout":  # at once: the conftest of a folder may import the packages before any hook is called
    sys.path[:0] = folders = [str(folder) for folder in PACKAGES.values()]
    os.environ["PYTHONPATH"] = os.pathsep.join([*folders, *filter(None, [os.environ.get("PYTHONPATH")])])


# The copy


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Refuse another copy than the one asked for, and have the fixtures of this one; options are read behind this."""
    if COPY not in {"checkout", "wheel"}:
        raise pytest.UsageError(f"TESTED_COPY is {COPY!r}; accepted are checkout and wheel")
    for complaint in _complaints():
        raise pytest.UsageError(complaint)
    for name, module in PLUGINS.items():
        if pluginmanager.is_blocked(name):  # by pyproject.toml; where that is not read, its entry point loads it
            pluginmanager.import_plugin(module)


def _complaints() -> Iterator[str]:
    for name, folder in PACKAGES.items():
        wanted = (folder if COPY == "checkout" else Path(sysconfig.get_path("purelib"))) / name
        spec = importlib.util.find_spec(name)
        found = None if spec is None or spec.origin is None else Path(spec.origin).parent
        if found != wanted:
            remedy = "unset PYTHONPATH" if COPY == "checkout" else "run make test, which installs the wheel"
            yield f"asked for the {COPY}, whose {name} is {wanted}, but what is imported is {found}; {remedy}"
        elif COPY == "wheel" and (different := _difference(wanted, folder / name)):
            yield f"the installed wheel is not that of this checkout: {different} differs; run make wheel"


def _difference(installed: Path, checkout: Path) -> str:
    """Return the first file that is not the same in both, or an empty text."""
    names = {path.relative_to(each) for each in (installed, checkout) for path in each.rglob("*") if path.is_file()}
    for name in sorted(names):
        ours, theirs = checkout / name, installed / name
        if name.suffix != ".pyc" and not (
            ours.exists() and theirs.exists() and ours.read_bytes() == theirs.read_bytes()
        ):
            return str(ours.relative_to(ROOT))
    return ""


# What is printed


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Have a worker of xdist tell of a test that passes in one message, not five: most tests take less than those."""
    if not hasattr(item.config, "workerinput") or item.config.getoption("durations") is not None:
        return None
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    return True


def pytest_report_teststatus(report: Any, config: pytest.Config) -> tuple[str, str, str] | None:
    """Print no dot for what passes in a quiet run."""
    quiet = config.get_verbosity() < 0 and report.when == "call" and report.passed
    return ("passed", "", "PASSED") if quiet else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Show of a failure what failed and the last lines before it; ``-vv`` shows all."""
    report = yield
    if report.failed and item.config.get_verbosity() < 2:
        report.sections = [(name, "\n".join(_last(text.splitlines()))) for name, text in report.sections]
        for traceback, _, _ in report.longrepr.chain if isinstance(report.longrepr, ExceptionChainRepr) else ():
            del traceback.reprentries[1:-ENTRIES]
            for entry in traceback.reprentries:
                entry.lines[:] = _both_ends(entry.lines)
    return report


def _both_ends(lines: list[str]) -> list[str]:
    if len(lines) <= 2 * LINES:
        return _cut(lines)
    return [*_cut(lines[:LINES]), f"… {len(lines) - 2 * LINES} lines", *_cut(lines[-LINES:])]


def _last(lines: list[str]) -> list[str]:
    left_out = [f"… {len(lines) - LINES} lines before"] if len(lines) > LINES else []
    return [*left_out, *_cut(lines[-LINES:])]


def _cut(lines: list[str]) -> list[str]:
    return [line if len(line) <= LENGTH else f"{line[:LENGTH]} … {len(line) - LENGTH} characters" for line in lines]
