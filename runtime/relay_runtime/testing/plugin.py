"""The fixtures of pytest: an app in virtual time, with lines that a test speaks on.

Pytest loads this module in every run in which the package is installed, so that it imports pytest alone; all else comes
when a fixture is used first.
"""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from relay_runtime import aio
    from relay_runtime.client.client import RelayClient
    from relay_runtime.sandbox import Sandbox
    from relay_runtime.testing.app import AppUnderTest
    from relay_runtime.testing.message_box import MessageBox
    from relay_runtime.testing.stage import StageClock

__all__ = ["pytest_addoption", "pytest_runtest_call"]

_SCALE: Final = 20.0
_APP: Final = pytest.StashKey["AppUnderTest"]()
_TOLD: Final = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of this plugin."""
    group = parser.getgroup("relay-runtime")
    group.addoption(
        "--relay-real-time",
        action="store_true",
        help="run the tests of relay_… fixtures over sockets in real time, which passes faster (--relay-time-scale), "
        "and not in virtual time",
    )
    group.addoption(
        "--relay-time-scale",
        type=_scale,
        default=_SCALE,
        metavar="N",
        help=f"seconds that pass in each second of the machine under --relay-real-time (default: {_SCALE:g})",
    )
    group.addoption(
        "--relay-seed", type=int, default=0, metavar="N", help="what ids, jitter and faults follow from (default: 0)"
    )


def _scale(text: str) -> float:
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 1 <= scale < float("inf"):
        raise ArgumentTypeError(f"{text!r} is no number from 1: so many seconds pass in one of the machine")
    return scale


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Have a test that has passed fail if code of its app crashed, or does not end; say of another what crashed."""
    app: AppUnderTest | None
    try:
        result = yield
    except (Exception, pytest.fail.Exception) as failure:
        app = item.stash.get(_APP, None)
        if app is not None and (crashed := app.crashed(but=str(failure))):
            if isinstance(failure, pytest.fail.Exception):
                failure.msg = f"{failure.msg}\n\n{crashed}"  # pytest shows no note of these
            else:
                failure.add_note(crashed)
        if app is not None:
            item.stash[_TOLD] = f"{failure}\n{app.crashed()}"
        raise
    app = item.stash.get(_APP, None)
    if app is not None and (broken := _broken(app)):
        item.stash[_TOLD] = f"{broken}\n{app.crashed()}"
        pytest.fail(broken, pytrace=False)  # its text has the traceback of the app's code
    item.stash.setdefault(_TOLD, "")
    return result


def _broken(app: AppUnderTest) -> str:
    try:
        app.settle()
        app.check()
    except AssertionError as failure:
        return str(failure)
    return ""


@pytest.fixture
def relay_app() -> Any:
    """Return the app that is tested; to be overridden."""
    pytest.fail(
        "these tests do not say which app they test: override the fixture relay_app, in this file or in conftest.py, "
        "with one that returns a subclass of CallActor, a function for on_call, or a RelayClient",
        pytrace=False,
    )


@pytest.fixture
def relay_client_options() -> dict[str, Any]:
    """Return arguments of the client that is made for the app, such as ``max_active_calls``; to be overridden."""
    return {}


@pytest.fixture
def relay_foreign_loop() -> bool:
    """Return whether the app has a loop of asyncio, whose time can't be owned; to be overridden for such an app."""
    return False


@pytest.fixture
def relay_clock(pytestconfig: pytest.Config, relay_foreign_loop: bool) -> Iterator[StageClock]:  # noqa: FBT001
    """Own the time of the test: ``now()`` and ``sleep(seconds)``."""
    from relay_runtime.testing.stage import owned_time  # noqa: PLC0415 - gevent comes with it

    scale = pytestconfig.getoption("--relay-time-scale") if pytestconfig.getoption("--relay-real-time") else None
    seed = pytestconfig.getoption("--relay-seed")
    with owned_time(seed=seed, scale=scale, foreign_loop=relay_foreign_loop) as clock:
        yield clock


@pytest.fixture
def relay_sandbox(
    relay_clock: StageClock,  # noqa: ARG001 - the time is owned first
    pytestconfig: pytest.Config,
    relay_foreign_loop: bool,  # noqa: FBT001 - a fixture
) -> Iterator[Sandbox]:
    """Run a sandbox that every client of the process reaches."""
    from relay_runtime.testing.stage import stage  # noqa: PLC0415 - as above

    sockets = pytestconfig.getoption("--relay-real-time")
    seed = pytestconfig.getoption("--relay-seed")
    with stage(seed=seed, sockets=sockets, foreign_loop=relay_foreign_loop) as sandbox:
        yield sandbox


@pytest.fixture
def _relay_app_under_test(
    relay_app: Any, relay_client_options: dict[str, Any], relay_sandbox: Sandbox, request: pytest.FixtureRequest
) -> Iterator[AppUnderTest]:
    from relay_runtime.testing.app import AppUnderTest  # noqa: PLC0415 - as above

    problem = ""
    if isinstance(relay_client_options, dict):
        try:
            app = AppUnderTest(relay_app, relay_sandbox, **relay_client_options)
        except (TypeError, ValueError) as error:
            problem = f"relay_app or relay_client_options: {error}"
    else:
        problem = f"relay_client_options is {type(relay_client_options).__name__}; accepted is a dict of arguments"
    if problem:
        pytest.fail(problem, pytrace=False)
    try:
        app.start()
        request.node.stash[_APP] = app
        yield app
    finally:
        app.stop()
    told = request.node.stash.get(_TOLD, None)  # None: the test was interrupted
    if told is not None and (crashed := app.crashed(but=told)):
        pytest.fail(crashed, pytrace=False)  # in the teardown of a fixture


@pytest.fixture
def relay_client(_relay_app_under_test: AppUnderTest) -> RelayClient | aio.RelayClient:
    """Return the client of the app, connected."""
    return _relay_app_under_test.client


@pytest.fixture
def relay_caller(_relay_app_under_test: AppUnderTest) -> Any:
    """Return what makes somebody who calls the app: ``relay_caller("+15550100001").dials("office")`` is a line."""
    return _relay_app_under_test.phones.caller


@pytest.fixture
def relay_callee(_relay_app_under_test: AppUnderTest) -> Any:
    """Return what makes somebody whom the app calls: ``relay_callee("+15550100002").answers()`` is a line."""
    return _relay_app_under_test.phones.callee


@pytest.fixture
def relay_messages(_relay_app_under_test: AppUnderTest) -> MessageBox:
    """Return the text messages to the app, and those of it."""
    return _relay_app_under_test.messages
