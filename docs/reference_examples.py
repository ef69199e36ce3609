"""The examples of the reference: each is run in one sandbox and in virtual time, and shown with the frames it sends."""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any

from gevent.event import Event
from loguru import logger
from reference_docstrings import markdown
from verb_examples import OF_CALLS, OF_CLIENTS
from verb_examples.staging import Staging, staging_of

from relay_runtime import CallActor, RelayClient
from relay_runtime.sandbox import Sandbox
from relay_runtime.testing import RelayKit

__all__ = ["Example", "ExampleFailed", "example_part", "played"]

WIDTH = 110
PATIENCE = 300.0  # virtual seconds
PIECES = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^",])+(?:, )?')
"""What stands between the commas of a JSON text."""
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class ExampleFailed(Exception):
    """An example raised, or what should happen meanwhile did not."""


@dataclass(frozen=True)
class Example:
    """An example that was run.

    Attributes:
        caption: what it does.
        program: its text.
        frames: the requests that it has sent, each with its method and its params.
    """

    caption: str
    program: str
    frames: tuple[dict[str, Any], ...]


# Playing


class Frames:
    """The requests that have reached a sandbox since somebody asked last."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._seen = 0

    def taken(self) -> tuple[dict[str, Any], ...]:
        """Return those that came since the last time, in their order, with names in the place of random ids."""
        sessions = [*self._sandbox.ended_sessions(), *self._sandbox.sessions()]
        new = [entry for session in sessions for entry in session.journal.requests(after=self._seen)]
        new.sort(key=lambda entry: entry["number"])
        if new:
            self._seen = new[-1]["number"]
        naming = Naming()
        return tuple(
            {"method": entry["method"], "params": naming.named(entry["frame"]["params"])}
            for entry in new
            if entry["method"] != "signalwire.ping"
        )


class Naming:
    """Gives what is random, or changes from version to version, a name, the same one wherever it occurs."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._numbers: dict[str, count[int]] = {}

    def named(self, value: Any, key: str = "") -> Any:
        """Return a part of a frame, which stands beside a key, with names."""
        if isinstance(value, dict):
            return {name: self.named(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.named(inner, key) for inner in value]
        if key == "agent":
            return f"{value.partition('/')[0]}/…"
        if key == "node_id" or (isinstance(value, str) and UUID.fullmatch(value)):
            return self._name(value, key.removesuffix("_id"))
        return UUID.sub("…", value) if isinstance(value, str) else value

    def _name(self, value: str, kind: str) -> str:
        if value not in self._names:
            self._names[value] = f"{kind}-{next(self._numbers.setdefault(kind, count(1)))}"
        return self._names[value]


class Player:
    """Plays examples one after another."""

    def __init__(self, kit: RelayKit) -> None:
        self._kit = kit
        self._frames = Frames(kit.sandbox)
        self._function: Callable[..., Any] = print
        self._taken: tuple[dict[str, Any], ...] = ()
        self._error: Exception | None = None
        self._done = Event()

    def serve(self, call: CallActor) -> None:
        """Be the code of a call: run the example that is due."""
        if not staging_of(self._function).offered:
            call.answer()
            call.wait_for_answered(PATIENCE)
        self._perform(call)

    def of_call(self, name: str, function: Callable[..., Any]) -> Example:
        """Play the example of a verb: somebody calls, and it serves the call."""
        staging = staging_of(function)
        self._function, self._error = function, None
        self._done.clear()
        line = (staging.caller or (lambda who: who))(self._kit.caller()).dials("office")
        try:
            if staging.line is not None:
                staging.line(line)
            self._done.wait(PATIENCE)
        except AssertionError as error:
            raise ExampleFailed(f"{name}: {self._error or error}") from error
        finally:
            line.hangs_up()
        return self._example(name)

    def of_client(self, name: str, function: Callable[..., Any]) -> Example:
        """Play the example of a request, with a client of its own."""
        staging: Staging = staging_of(function)
        self._function, self._error = function, None
        self._done.clear()
        client = RelayClient("project", "token", host="example.signalwire.com", contexts=["office"], proxy=None)
        if staging.connected:
            client.connect(PATIENCE)
        try:
            self._perform(client, behind=1.0)
        finally:
            client.disconnect()
        return self._example(name)

    def _perform(self, what: Any, behind: float = 0.0) -> None:
        self._frames.taken()
        try:
            self._function(what)
            if behind:
                self._kit.clock.sleep(behind)  # what is sent by others then belongs to it too
        except Exception as error:  # noqa: BLE001 - whatever it raises is told under its name
            self._error = error
        finally:
            self._taken = self._frames.taken()
            self._done.set()

    def _example(self, name: str) -> Example:
        if self._error is not None:
            raise ExampleFailed(f"{name}: {type(self._error).__name__}: {self._error}") from self._error
        if not self._done.is_set():
            raise ExampleFailed(f"{name}: it has not come to its end in {PATIENCE:g} s")
        caption, program = _text(self._function)
        return Example(caption, program, self._taken)


def _text(function: Callable[..., Any]) -> tuple[str, str]:
    """Return what an example's docstring says, and its lines."""
    source = textwrap.dedent(inspect.getsource(function))
    (tree,) = ast.parse(source).body
    assert isinstance(tree, ast.FunctionDef)
    said, first = tree.body[:2]
    lines = source.splitlines()[(said.end_lineno or said.lineno) :]
    assert first.lineno > said.lineno
    return inspect.getdoc(function) or "", textwrap.dedent("\n".join(lines)).strip("\n")


@contextmanager
def silent() -> Iterator[None]:
    """Log nothing."""
    for name in ("relay_actors", "relay_runtime"):
        logger.disable(name)
    try:
        yield
    finally:
        for name in ("relay_actors", "relay_runtime"):
            logger.enable(name)


@cache
def played() -> dict[str, Example]:
    """Play all examples, once, and return them by the names of their methods, such as ``Call.play``.

    Raises:
        ExampleFailed: one of them does not do what it should.
    """
    players: list[Player] = []

    class Performer(CallActor):
        def run(self) -> None:
            players[0].serve(self)

    with silent(), RelayKit(Performer, contexts=["office"]) as kit:
        kit.sandbox.settings.change(journal_numbers=True)
        players.append(Player(kit))
        examples = {f"Call.{name}": players[0].of_call(name, each) for name, each in OF_CALLS.items()}
        kit.client.unreceive(["office"])
        examples |= {f"RelayClient.{name}": players[0].of_client(name, each) for name, each in OF_CLIENTS.items()}
    return examples


# Showing


def example_part(name: str) -> str:
    """Return the part of an entry that shows the example of a method, or an empty text."""
    example = played().get(name)
    if example is None:
        return ""
    shown = f"**Example:** {markdown(example.caption)}\n\n```python\n{example.program}\n```\n\n"
    if not example.frames:
        return shown + "It sends nothing."
    return shown + "**Sends:**\n\n```json\n" + "\n".join(map(frame_lines, example.frames)) + "\n```"


def frame_lines(frame: dict[str, Any]) -> str:
    """Return a frame as JSON, broken behind commas where it is long."""
    lines = [""]
    for piece in PIECES.findall(json.dumps(frame, ensure_ascii=False)):
        if len(lines[-1] + piece.rstrip()) > WIDTH:
            lines.append("  ")
        lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines)
