"""The fixtures of pytest, in runs of pytest of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from gevent.hub import get_hub

import relay_runtime.testing.app
import relay_runtime.testing.stage  # before a run within this one, which forgets what it has imported  # noqa: F401
from relay_actors.kit import clock
from relay_runtime.testing import plugin

pytestmark = pytest.mark.slow  # runs of pytest, some in processes of their own

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[3]
OURS = (
    *("-p", "no:relay-runtime", "-p", "no:relay-runtime-replay"),
    *("-p", "relay_runtime.testing.plugin", "-p", "no:cacheprovider"),
)
"""By its name, wherever it is installed: the copy that is tested has no entry point."""

IVR = """
import gevent, pytest
from functools import partial
from relay_runtime import CallActor, RelayClient

class Menu(CallActor):
    def run(self):
        self.answer()
        for _ in range(3):
            if digits := self.prompt_tts("Press 1.", {"digits": {"max": 1}, "initial_timeout": 5}).wait().digits:
                return self.serve(digits)
            self.play_tts("I did not hear you.").wait()
        self.play_tts("Goodbye.").wait()

    def serve(self, digits):
        if digits == "2":
            raise LookupError("no such department")
        self.play_tts("Thank you.").wait()

"""
MENU = f"""{IVR}
@pytest.fixture
def relay_app():
    return Menu

"""


def run(pytester: pytest.Pytester, test: str, *arguments: str) -> pytest.RunResult:
    """Run a file of tests in this process."""
    pytester.makepyfile(test_it=test)
    return pytester.runpytest_inprocess(*OURS, *arguments)


def run_apart(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run what is there in a process of its own."""
    return pytester.runpytest_subprocess(*OURS, *arguments, timeout=100)


@pytest.fixture(autouse=True)
def _time_is_real_behind_it() -> object:
    loop = get_hub().loop
    yield
    assert get_hub().loop is loop
    assert not clock.is_run_by_a_test()


# What is there


def test_pytest_finds_it_by_its_entry_point() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"]["relay-runtime"] == plugin.__name__
    assert "testing" in project["optional-dependencies"]


def test_a_run_that_uses_no_fixture_imports_pytest_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys
        def test_it(pytestconfig):
            assert pytestconfig.pluginmanager.get_plugin("relay_runtime.testing.plugin")
            ours = {name for name in sys.modules if name.startswith(("relay_", "gevent", "pykka", "loguru", "msgspec"))}
            room = "relay_runtime.testing"
            assert ours == {"relay_runtime", "relay_runtime.lazy_face", room, f"{room}.plugin"}
        """
    )
    run_apart(pytester, "-p", "no:anyio").assert_outcomes(passed=1)


def test_every_fixture_is_there(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        MENU
        + """
from relay_runtime.sandbox import Sandbox

def test_a_call(relay_caller, relay_clock, relay_sandbox, relay_client):
    line = relay_caller("+15550100001").dials("office")
    for _ in range(3):
        line.hears("did not hear you", within=60)
    line.hears("Goodbye").is_hung_up_on()
    assert 15 < relay_clock.now() < 120
    relay_clock.sleep(600)
    assert relay_clock.now() > 600
    assert isinstance(relay_sandbox, Sandbox) and len(relay_sandbox.runs()) == 1
    assert relay_client.state == "connected" and relay_client.contexts == ["office"]

def test_a_dial(relay_client, relay_callee):
    far = relay_callee("+15550100002").answers()
    call = gevent.spawn(relay_client.dial, [[{"type": "phone", "params": {
        "from_number": "+15550100099", "to_number": "+15550100002"}}]])
    far.is_answered()
    call.get().play_tts("Your table is ready.")
    far.hears("table is ready").hangs_up()

def test_a_message(relay_client, relay_messages):
    @relay_client.on_message
    def reply(message):
        gevent.sleep(60)
        relay_client.send_message(to_number=message.from_number, from_number=message.to_number, body="Thank you")
    relay_messages.arrives("hello", context="texts")
    assert relay_messages.is_sent("thank", within=100).to_number == "+15550100001"
""",
    ).assert_outcomes(passed=3)


def test_an_app_of_each_kind_is_served(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        IVR
        + """
class Greeting(Menu):
    def __init__(self, setup, words):
        super().__init__(setup)
        self.words = words
    def run(self):
        self.answer()
        self.play_tts(self.words).wait()

def handler(call):
    call.answer()
    call.play_tts("By a function.").wait()

client = RelayClient("p", "t", contexts=["office"])
client.on_call(handler)

@pytest.fixture(params=[(Menu, "Press 1"), (partial(Greeting, words="Hi!"), "Hi"), (handler, "function"),
                        (lambda call: handler(call), "function"), (client, "function")])
def served(request):
    return request.param

@pytest.fixture
def relay_app(served):
    return served[0]

def test_it(relay_caller, served):
    relay_caller().dials("office").hears(served[1])
""",
    ).assert_outcomes(passed=5)


def test_a_client_of_the_module_is_as_before_behind_each_test(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        IVR
        + """
client = RelayClient("p", "t", contexts=["sales"], call_actor=Menu)

@pytest.fixture
def relay_app():
    return client

@pytest.mark.parametrize("n", [1, 2])
def test_it(relay_caller, relay_client, relay_sandbox, relay_clock, n):
    assert relay_client is client
    assert client.contexts == ["sales"] == list(relay_sandbox.session().contexts)
    assert client.live_calls() == [] and relay_sandbox.runs() == []
    assert relay_clock.now() < 1
    relay_caller().dials("sales").hears("Press 1")
    client.receive(["support"])
    client.unreceive(["sales"])

def test_a_crash_of_another_test_is_not_this_ones(relay_client):
    pass

def test_that_crashes(relay_caller):
    relay_caller().dials("sales").hears("Press 1").presses("2")

def test_behind_it(relay_caller):
    from relay_actors.kit import crash_log
    assert crash_log._keepers != []
    relay_caller().dials("sales").hears("Press 1").presses("1").hears("Thank you")

def test_at_the_end():
    assert client.contexts == ["sales"] and client.state == "stopped"
    from relay_actors.kit import crash_log
    assert crash_log._keepers == []
""",
    ).assert_outcomes(passed=5, failed=1)


def test_options_are_those_of_the_client(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        MENU
        + """
@pytest.fixture
def relay_client_options():
    return {"max_active_calls": 1, "overload": "busy", "contexts": ["office"]}

def test_it(relay_caller):
    relay_caller("+15550100001").dials("office").is_answered()
    relay_caller("+15550100002").dials("office").hears_busy()
""",
    ).assert_outcomes(passed=1)


# What is wrong


@pytest.mark.parametrize(
    ("app", "options", "told"),
    [
        (None, "{}", "*override the fixture relay_app*"),
        ("5", "{}", "relay_app *: the app is int; accepted are a subclass of CallActor, a function*"),
        ("lambda: None", "{}", "*the handler of calls*"),
        ("RelayClient", "{}", "*the app is the class RelayClient; accepted are*"),
        ("Menu", "{'max_active_call': 5}", "*a client has no option max_active_call; did you mean max_active_calls?"),
        ("Menu", "{'colour': 5}", "*a client has no option colour; accepted are *max_active_calls*"),
        ("Menu", "{'call_actor': Menu}", "*call_actor is no option of a test: the app itself says*"),
        ("Menu", "{'max_active_calls': 'many'}", "*max_active_calls*"),
        ("Menu", "['office']", "relay_client_options is list; accepted is a dict*"),
        ("RelayClient('p', 't')", "{'overload': 'busy'}", "*RelayClient, which was made with options*overload can't*"),
    ],
)
def test_a_wrong_app_or_option_is_said(pytester: pytest.Pytester, app: str | None, options: str, told: str) -> None:
    overridden = "" if app is None else f"@pytest.fixture\ndef relay_app():\n    return {app}\n"
    options = f"@pytest.fixture\ndef relay_client_options():\n    return {options}\n"
    result = run(pytester, f"{IVR}{overridden}{options}def test_it(relay_caller):\n    pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([told])
    result.stdout.no_fnmatch_line("*plugin.py*")
    assert result.duration < 60


def failed(pytester: pytest.Pytester, test: str, *arguments: str) -> pytest.RunResult:
    """Run a file with one test, which fails."""
    result = run(pytester, test, "-W", "ignore::relay_runtime.testing.LeftRunning", *arguments)
    result.assert_outcomes(failed=1)
    return result


@pytest.mark.parametrize("arguments", [(), ("-x", "--tb=short")], ids=["long", "short"])
def test_a_crash_of_the_app_fails_a_test_that_saw_nothing_of_it(
    pytester: pytest.Pytester, arguments: tuple[str, ...]
) -> None:
    result = failed(
        pytester,
        f"{MENU}def test_it(relay_caller):\n    relay_caller().dials('office').hears('Press 1').presses('2')\n",
        *arguments,
    )
    result.stdout.fnmatch_lines(
        [
            "Menu crashed in call *: LookupError",
            "Traceback (most recent call last):",
            '  File "*test_it.py", line *, in run',
            '  File "*test_it.py", line *, in serve',
            "LookupError: no such department",
        ]
    )
    result.stdout.no_fnmatch_line("*turns.py*")
    assert result.outlines.count("LookupError: no such department") == 1  # the log does not tell it once more


def test_a_crash_that_is_expected_does_not(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        MENU
        + """
def test_it(relay_caller):
    line = relay_caller().dials("office").hears("Press 1").presses("2")
    assert str(line.app_crashes(LookupError)) == "no such department"

def test_of_a_handler(relay_client, relay_messages):
    relay_client.on_message(lambda message: 1 / 0)
    relay_messages.arrives("hello", context="texts")
    relay_messages.app_crashes(ZeroDivisionError)
""",
    ).assert_outcomes(passed=2)


def test_a_crash_outside_of_calls_fails_a_test_too(pytester: pytest.Pytester) -> None:
    result = failed(
        pytester,
        MENU
        + """
def test_it(relay_client, relay_messages):
    @relay_client.on_message
    def reply(message):
        gevent.sleep(20)
        raise LookupError("nobody of that name")
    relay_messages.arrives("hello", context="texts")
""",
    )
    result.stdout.fnmatch_lines(
        ["*handler*crashed*", "Traceback*", '  File "*test_it.py", line *, in reply', "*Error: *"]
    )


def test_a_failure_tells_what_crashed_elsewhere(pytester: pytest.Pytester) -> None:
    result = failed(
        pytester,
        MENU
        + """
def test_it(relay_caller, relay_clock):
    relay_caller("+15550100002").dials("office").hears("Press 1").presses("2")
    relay_clock.sleep(1)
    relay_caller("+15550100001").dials("office").hears("Good afternoon")
""",
    )
    result.stdout.fnmatch_lines(
        ["E*expected the caller to hear 'Good afternoon'*", "E*LookupError: no such department"]
    )
    assert str(result.stdout).count("LookupError: no such department") == 1


def test_code_that_goes_on_behind_the_hang_up_is_named(pytester: pytest.Pytester) -> None:
    result = failed(
        pytester,
        MENU
        + """
class Stubborn(CallActor):
    def run(self):
        self.answer()
        while True:
            try:
                self.play_tts("Hello?").wait()
            except Exception:
                gevent.sleep(1)

@pytest.fixture
def relay_app():
    return Stubborn

def test_it(relay_caller):
    relay_caller().dials("office").hears("Hello").hangs_up()
""",
    )
    result.stdout.fnmatch_lines(
        [
            "24 s after the last hang-up the app's code has not ended:",
            "  call *, Stubborn: *test_it.py:* in Stubborn.run (*",
        ]
    )


def test_what_code_has_spawned_is_ended_and_warned_of(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        MENU
        + """
left = []

def beat():
    while True:
        gevent.sleep(1)

class Spawning(CallActor):
    def run(self):
        self.answer()
        left.append(gevent.spawn(beat))
        left.append(gevent.spawn(gevent.sleep, 10_000))
        left.append(gevent.spawn_later(10_000, beat))
        gevent.spawn(gevent.sleep, 1)
        self.play_tts("Hello").wait()

@pytest.fixture
def relay_app():
    return Spawning

def test_it(relay_caller):
    relay_caller().dials("office").hears("Hello").is_hung_up_on()

def test_behind_it():
    assert [each.dead for each in left] == [True] * 3
""",
    )
    result.assert_outcomes(passed=2, warnings=3)
    result.stdout.fnmatch_lines_random(
        [
            "*test_it.py:*: LeftRunning: code went on *, and was ended; it stood at *test_it.py:* in beat, started *",
            "*LeftRunning: *; it was started at *test_it.py:* in Spawning.run",
        ]
    )


def test_nothing_of_a_test_that_fails_goes_on(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        MENU
        + """
here = []

class Stubborn(CallActor):
    def run(self):
        self.answer()
        while True:
            here.append(gevent.getcurrent())
            try:
                self.wait_for_ended()
                gevent.sleep(1)
            except Exception:
                pass

@pytest.fixture
def relay_app():
    return Stubborn

def test_it(relay_caller, relay_client, relay_messages):
    @relay_client.on_message
    def reply(message):
        here.append(gevent.getcurrent())
        gevent.sleep(10_000)
    relay_messages.arrives("hello", context="texts")
    relay_caller().dials("office").is_answered()
    assert False

def test_behind_it():
    from greenlet import greenlet
    before = len(here)
    gevent.sleep(0.1)
    assert len(here) == before > 1
""",
    )
    result.assert_outcomes(passed=1, failed=1, warnings=2)
    result.stdout.fnmatch_lines_random(
        ["*LeftRunning: *; it stood at *in test_it.<locals>.reply", "*LeftRunning: *; it stood at *in Stubborn.run"]
    )


def test_the_time_is_real_behind_a_test_that_fails(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        MENU
        + """
import time
def test_it(relay_caller, relay_clock):
    gevent.sleep(1000)
    assert False

def test_behind_it():
    before = time.monotonic()
    gevent.sleep(0.05)
    assert time.monotonic() - before >= 0.04
    import relay_actors.kit.clock
    assert not relay_actors.kit.clock.is_run_by_a_test()
""",
    ).assert_outcomes(passed=1, failed=1)


@pytest.mark.proof
def test_a_test_that_waits_for_ever_is_interrupted_and_cleaned_up(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        MENU
        + """
from gevent.event import Event
def test_it(relay_caller):
    relay_caller().dials("office").is_answered()
    Event().wait()

def test_behind_it(relay_caller):
    relay_caller().dials("office").hears("Press 1")
""",
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*VirtualTimeOver: 86400 virtual seconds have passed, and the test still waits"])


# How it is run


def test_the_same_tests_run_in_real_time_over_sockets(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        MENU
        + """
def test_it(relay_caller, relay_clock, relay_sandbox):
    assert relay_sandbox.url.startswith("ws://127.0.0.1:")
    line = relay_caller("+15550100001").dials("office")
    line.hears("did not hear you", within=60).hears("Press 1", within=60).presses("1").hears("Thank you", within=60)
    line.is_hung_up_on()
    assert relay_clock.now() > 5
""",
        "--relay-real-time",
        "--relay-time-scale=10",
    )
    result.assert_outcomes(passed=1)
    assert result.duration > 0.5  # seconds of silence, in a tenth of them


@pytest.mark.parametrize("scale", ["0.5", "fast", "nan"])
def test_a_scale_that_is_none_is_refused(pytester: pytest.Pytester, scale: str) -> None:
    pytester.makepyfile("")
    result = run_apart(pytester, f"--relay-time-scale={scale}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*--relay-time-scale: '{scale}' is no number from 1*"])


def test_ids_follow_from_the_seed(pytester: pytest.Pytester) -> None:
    test = f"{MENU}def test_it(relay_caller):\n    print('id', relay_caller().dials('office').call_id)\n"
    ids = []
    for seed in ("1", "1", "2"):
        result = run(pytester, test, "-s", f"--relay-seed={seed}")
        result.assert_outcomes(passed=1)
        ids.append(result.stdout.str().partition("id ")[2].split()[0])
    assert ids[0] == ids[1] != ids[2]


# Beside others


@pytest.mark.proof
def test_it_works_on_several_workers(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    pytester.makepyfile(
        f"{MENU}@pytest.mark.parametrize('n', range(4))\n"
        "def test_it(relay_caller, n):\n    relay_caller().dials('office').hears('Press 1')\n"
    )
    run_apart(pytester, "-n", "2").assert_outcomes(passed=4)


@pytest.mark.proof
@pytest.mark.parametrize("runner", ["anyio", "pytest_asyncio"])
def test_it_works_beside_tests_on_asyncio(pytester: pytest.Pytester, runner: str) -> None:
    pytest.importorskip(runner)
    mark = {"anyio": "anyio", "pytest_asyncio": "asyncio"}[runner]
    pytester.makepyfile(
        MENU
        + f"""
import asyncio, time

def test_call(relay_caller):
    relay_caller().dials("office").hears("Goodbye", within=100)

@pytest.mark.{mark}
async def test_loop():
    before = time.monotonic()
    await asyncio.sleep(0.05)
    assert time.monotonic() - before >= 0.04

@pytest.fixture
def anyio_backend():
    return "asyncio"

def test_call_again(relay_caller):
    relay_caller().dials("office").hears("Goodbye", within=100)
"""
    )
    run_apart(pytester).assert_outcomes(passed=3)


@pytest.mark.proof
def test_it_works_in_a_suite_that_has_patched_everything(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("from gevent import monkey\nmonkey.patch_all()\n")
    pytester.makepyfile(
        MENU
        + """
import threading, time
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(2)

def test_call(relay_caller, relay_clock):
    assert pool.submit(int, "5").result() == 5  # its threads stay, as threads of a library
    threading.Thread(target=time.sleep, args=(2,)).start()
    time.sleep(1000)  # patched, so that it is virtual
    assert relay_clock.now() >= 1000
    relay_caller().dials("office").hears("Goodbye", within=100)

@pytest.mark.parametrize("n", range(2))
def test_call_again(relay_caller, n):
    assert pool.submit(int, "5").result() == 5
    relay_caller().dials("office").hears("Goodbye", within=100)
"""
    )
    result = run_apart(pytester)
    result.assert_outcomes(passed=3)


@pytest.mark.proof
def test_ctrl_c_in_a_wait_ends_the_run(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        MENU
        + """
def test_it(relay_caller):
    relay_caller().dials("office").is_answered()
    print("begun", flush=True)
    while True:
        gevent.sleep(0.001)
"""
    )
    command = [sys.executable, "-m", "pytest", *OURS, "-s", "-q"]
    with subprocess.Popen(command, cwd=pytester.path, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "begun" in line:
                break
        process.send_signal(signal.SIGINT)
        printed = process.stdout.read()
        assert process.wait(60) == pytest.ExitCode.INTERRUPTED, printed
    assert "KeyboardInterrupt" in printed


def test_a_crash_in_the_teardown_of_a_fixture_is_told(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        IVR
        + """
@pytest.fixture
def relay_app():
    return Menu

@pytest.fixture
def at_the_end(relay_caller, relay_clock):
    yield
    relay_caller().dials("office").hears("Press 1").presses("2")
    relay_clock.sleep(5)

def test_it(at_the_end):
    pass
""",
    )
    result.assert_outcomes(passed=1, errors=1)
    assert "LookupError" in str(result.stdout)


def test_a_failure_by_hand_tells_of_the_crash_too(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        IVR
        + """
@pytest.fixture
def relay_app():
    return Menu

def test_it(relay_caller, relay_clock):
    relay_caller().dials("office").hears("Press 1").presses("2")
    relay_clock.sleep(5)
    pytest.fail("no order was stored")
""",
    )
    result.assert_outcomes(failed=1)
    assert "no order was stored" in str(result.stdout)
    assert "LookupError" in str(result.stdout)
