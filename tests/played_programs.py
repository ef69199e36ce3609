"""Plays programs of ``examples`` against sandboxes, by a process that runs one after another."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

import gevent
import trustme
from doubles.hub import until
from gevent import subprocess

from relay_runtime.sandbox import Caller, Outcome, Run, Sandbox

__all__ = ["AIO", "LIMIT", "OFFICIAL", "Played", "Programs", "Requests", "Stage", "differences", "over_wss"]

HERE = Path(__file__).parent
_EXAMPLES = HERE.parent / "examples"
AIO = f"{_EXAMPLES}/aio/{{}}.py"
OFFICIAL = f"{_EXAMPLES}/official/{{}}/app.py"
"""Where the programs are, by their names."""
OURS = ("SIGNALWIRE_", "RELAY_")
LIMIT = 60.0  # seconds that anything of a program may take
_A_WHILE = 0.2  # seconds for a program to do what it should not
_OVER = re.compile(r"-- (\w+) --\Z")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

Requests = list[tuple[str, dict[str, Any]]]


class Played(NamedTuple):
    """What a program did.

    Attributes:
        requests: from the number at the far end of each call to what was asked of the server about it, oldest first;
            what belongs to no call is under an empty text. Ids are named by the order in which they were used.
        lines: what it printed.
        left: how many calls were up when it had ended.
    """

    requests: dict[str, Requests]
    lines: list[str]
    left: int


class Programs:
    """A process that runs programs with one client; use it as a context manager.

    Args:
        module: the module that the client is imported from.
        paths: where the programs are; ``{}`` stands for a name.
        environ: variables that the process gets.
        settings: those of the sandboxes.
    """

    def __init__(self, module: str, paths: str, environ: Mapping[str, str] | None = None, **settings: Any) -> None:
        self._module = module
        self._paths = paths
        self._environ = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        self._environ |= {"PYTHONUNBUFFERED": "1", **(environ or {})}
        self._settings = {"time_scale": 0.01, "control_port": None, "audio_seconds": 600, **settings}
        self._process: Any = None
        self._readers: list[Any] = []
        self.lines: dict[str, list[str]] = {"stdout": [], "stderr": []}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def play(self, case: Any) -> Played:
        """Play a case of ``aio_cases`` or ``official_cases``: the program of its name, and what happens to it.

        Raises:
            AssertionError: the program crashed or did not end, or the case did not go as it should.
        """
        with Sandbox(journal_numbers=True, **self._settings) as sandbox:
            stage = Stage(self, sandbox, case.__name__)
            try:
                case(stage)
                stage.close()
            except BaseException:
                self._end()  # the next one needs a process that is well
                raise
            assert sandbox.errors == []
            return Played(_requests(sandbox), stage.lines, sandbox.counters.calls_up)

    def begin(self, program: str, sandbox: Sandbox) -> None:
        """Have the process run a program."""
        if self._process is None:
            self._start({"SIGNALWIRE_PROJECT_ID": sandbox.project, "SIGNALWIRE_API_TOKEN": sandbox.token})
        for lines in self.lines.values():
            lines.clear()
        host = sandbox.url.removeprefix("wss://")
        self._process.stdin.write(json.dumps([self._paths.format(program), host]).encode() + b"\n")
        self._process.stdin.flush()

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def how_it_ended(self) -> str:
        """Return how the program ended: ended, interrupted or crashed; an empty text while it runs."""
        last = self.lines["stdout"][-1] if self.lines["stdout"] else ""
        found = _OVER.match(last)
        return found[1] if found else "killed" if self._process.poll() is not None else ""

    def _start(self, credentials: Mapping[str, str]) -> None:
        pipe = subprocess.PIPE
        command = [sys.executable, str(HERE / "program_runner.py"), self._module]
        environ = {**self._environ, **credentials}
        self._process = process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environ)
        self._readers = [gevent.spawn(self._read, name, getattr(process, name)) for name in self.lines]

    def _read(self, name: str, stream: Any) -> None:
        for line in stream:
            self.lines[name].append(line.decode().rstrip("\n"))

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(LIMIT)
            gevent.joinall(self._readers, LIMIT)
            for stream in (process.stdin, process.stdout, process.stderr):
                stream.close()


class Stage:
    """Where one program plays, with its sandbox.

    Attributes:
        sandbox: the sandbox.
    """

    def __init__(self, programs: Programs, sandbox: Sandbox, program: str) -> None:
        self.sandbox = sandbox
        self._programs = programs
        self._program = program
        self._serves = False

    @property
    def lines(self) -> list[str]:
        """What the program has printed so far."""
        return [line for line in self._programs.lines["stdout"] if not _OVER.match(line)]

    def serves(self) -> None:
        """Run the program, and return when it receives calls and messages; Ctrl-C ends it."""
        self._serves = True
        self._programs.begin(self._program, self.sandbox)
        self._wait(lambda: bool(self.sandbox.sessions() and self.sandbox.session().contexts), "its contexts")

    def runs(self) -> None:
        """Run the program to its end."""
        self._programs.begin(self._program, self.sandbox)
        self.close()

    def call(self, caller: Caller) -> Outcome:
        """Let somebody call, to the end of the call."""
        return self.over(self.sandbox.place(caller))

    def over(self, run: Run) -> Outcome:
        """Return how a call went, once it is over."""
        try:
            outcome = run.wait(LIMIT)
        except TimeoutError as error:
            raise AssertionError(str(error), self._said()) from None
        assert outcome.ok, (outcome, self._said())
        return outcome

    def met(self, number: str) -> Outcome:
        """Return how the call went that was made to a number."""
        return self.over(self.sandbox.runs(number)[0])

    def hangs_up(self, run: Run) -> Outcome:
        """Let the far end of a call hang up, which must be left to it; return how the call went."""
        gevent.sleep(_A_WHILE)
        assert run.call is not None
        run.call.end("hangup", "inbound")
        outcome = self.over(run)
        assert outcome.end_source == "inbound", (outcome, self._said())
        return outcome

    def hears(self, run: Run, text: str) -> None:
        """Wait until the far end of a call has heard a text."""
        self._wait(lambda: run.call is not None and any(text in each.words for each in run.call.line.heard), text)

    def line_of(self, run: Run, kind: str) -> Any:
        """Return the line of a call, by which its far end acts, once an action of a kind runs on it."""
        self._wait(lambda: any(kind in key for key in (run.call.actions if run.call else ())), f"a {kind}")
        assert run.call is not None
        return run.call.line

    def prints(self, *lines: str) -> None:
        """Wait until the program has printed these lines."""
        self._wait(lambda: not Counter(lines) - Counter(self.lines), f"the lines {lines}")

    def close(self) -> None:
        """Wait for the end of the program, by Ctrl-C if it serves."""
        if self._serves:
            told = "the acknowledgement of what the server told"
            self._wait(lambda: not any(session.unacked for session in self.sandbox.sessions()), told)
            self._programs.interrupt()
        ended = until(self._programs.how_it_ended, "the program's end", LIMIT)
        assert ended == "ended" or (self._serves and ended == "interrupted"), (ended, self._said())

    def _wait(self, fact: Callable[[], bool], what: str) -> None:
        until(lambda: fact() or self._programs.how_it_ended(), what, LIMIT)
        assert fact(), (what, self._said())

    def _said(self) -> tuple[list[str], str]:
        return self.lines, "\n".join(self._programs.lines["stderr"][-20:])


def over_wss(folder: Path) -> tuple[dict[str, str], dict[str, Any]]:
    """Return what a process with SignalWire's own client needs, and one with ours takes: its environment and settings.

    Args:
        folder: where a certificate is written.
    """
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    environ = {"SIGNALWIRE_RELAY_CA_FILE": str(folder / "ca.pem"), "SIGNALWIRE_LOG_MODE": "off"}
    # The official client waits for a field of payments and faxes that is in this shape alone.
    return environ, {"cert": str(folder / "cert.pem"), "key": str(folder / "key.pem"), "event_shape": "sdk"}


def differences(theirs: Played, ours: Played) -> set[str]:
    """Return what differs in two records of requests, as ``method: what``."""
    found: set[str] = set()
    for number in theirs.requests.keys() | ours.requests.keys():
        found |= _differences(theirs.requests.get(number, []), ours.requests.get(number, []))
    return found


def _differences(theirs: Requests, ours: Requests) -> set[str]:
    """Return what differs between the requests about one call."""
    of_them, of_us = [method for method, _ in theirs], [method for method, _ in ours]
    if of_them != of_us:
        alone = {f"{method}: theirs alone" for method in Counter(of_them) - Counter(of_us)}
        alone |= {f"{method}: ours alone" for method in Counter(of_us) - Counter(of_them)}
        return alone or {f"the order: {of_them}, {of_us}"}
    return {
        f"{method}: {key}"
        for (method, a), (_, b) in zip(theirs, ours, strict=True)
        for key in a.keys() | b.keys()
        if a.get(key) != b.get(key) and (method, key) != ("signalwire.connect", "agent")  # the client's name
    }


def _requests(sandbox: Sandbox) -> dict[str, Requests]:
    """Return what was asked of the server, by calls."""
    (session,) = [*sandbox.exchange.ended_sessions, *sandbox.sessions()]
    numbers = {run.call_id: run.number for run in sandbox.runs()}
    found: dict[str, Requests] = {}
    for entry in session.journal.read():
        frame = entry["frame"]
        if entry["direction"] == "in" and "method" in frame and frame["method"] != "signalwire.ping":
            params = dict(frame["params"])
            found.setdefault(numbers.get(params.get("call_id", ""), ""), []).append((frame["method"], params))
    return {number: _without_ids(requests) for number, requests in found.items()}


def _without_ids(requests: Requests) -> Requests:
    """Return requests with each id that was made up named by the order in which they were used."""
    names: dict[str, str] = {}

    def name(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: "node" if key == "node_id" else name(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [name(inner) for inner in value]
        if isinstance(value, str):
            return _UUID.sub(lambda found: names.setdefault(found[0], f"<id {len(names) + 1}>"), value)
        return value

    return [(method, name(params)) for method, params in requests]
