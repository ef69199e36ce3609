"""What pages name in inline code is there: commands and flags, arguments of classes, methods and attributes."""

from __future__ import annotations

import inspect
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import typer
from docs_parts import names_of, part
from walkthrough import prose_of

import relay_runtime
from relay_actors.call.actions import ReceiveFaxAction, SendFaxAction
from relay_actors.call.setup import CallEnvironment
from relay_actors.call.verbs.media import MediaVerbs
from relay_actors.telemetry.stats import Stats
from relay_actors.wire.rules import Shape
from relay_runtime import aio, replay, sandbox, testing
from relay_runtime.cli import app
from relay_runtime.fleet.reach import Fleet

pytest.importorskip("griffe", reason="griffe reads the docstrings; it is in the extra 'dev'")

ROOT = Path(__file__).parents[2]
PAGES = {
    path.relative_to(ROOT).as_posix(): prose_of(path.read_text(encoding="utf-8"))
    for pattern in ("README.md", "docs/**/*.md", "examples/**/README.md")
    for path in sorted(ROOT.glob(pattern))
    if "reference" not in path.parts
}
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
GENERAL = {"--version", "--install-completion", "--show-completion", "--help"}
FLAGS = GENERAL.union(*(each.opts for command in COMMANDS.values() for each in command.params))

OF_PYTEST = ("--relay-", "--show-capture")
ELSEWHERE = {
    "relay-runtime failed": "a line of the log",
    "--format": "of podman",
    "--read-only": "of docker",
    "--restart": "of docker",
    "--rm": "of docker",
    "--time": "of docker",
    "--volume": "of docker",
    "--save": "of valkey-server",
    "--profile": "of the benchmark",
}
"""What begins as if it were of ``relay-runtime`` and is not, with whose it is."""

NOT_OURS = {
    ("docs/decisions/0004-own-actor-loop.md", "ActorRegistry.stop_all()"): "Pykka's",
    ("docs/learn/02-menu.md", "self.outcome"): "an attribute of the app's own class",
}
"""From a page and a name on it that is not there to the reason why the page speaks of it."""

SPOKEN = {
    "action": "an action",
    "call": "Call",
    "campaign": "Campaign",
    "client": "RelayClient",
    "fleet": "Fleet",
    "message": "Message",
    "relay_sandbox": "Sandbox",
    "run": "Run",
    "sandbox": "Sandbox",
    "self": "CallActor",
    "stats": "Stats",
}
"""From the names that pages give objects to their classes."""


def classes() -> dict[str, list[Any]]:
    """Return the public classes and functions by their names, of which several modules may have one."""
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for face in (relay_runtime, sandbox, testing, replay):
        for name in names_of(face):
            found[name].append(getattr(face, name))
    for each in (CallEnvironment, Fleet, MediaVerbs, ReceiveFaxAction, SendFaxAction, Shape, Stats):
        found[each.__name__].append(each)
    found["an action"] = [each for name, things in list(found.items()) if name.endswith("Action") for each in things]
    return found


CLASSES = classes()
OF_ASYNCIO = {**CLASSES, **{name: [*CLASSES.get(name, ()), getattr(aio, name)] for name in aio.__all__}}
"""With those of ``relay_runtime.aio``, for the page about it; elsewhere the same names mean those on greenlets."""


def inline(page: str) -> list[str]:
    return [" ".join(code.split()) for code in re.findall(r"(?<!`)`([^`]+)`(?!`)", page)]


# Commands


def wrong_command(code: str) -> str | None:
    """Return what a command line names that is not there."""
    name = next(iter(code.removeprefix("relay-runtime").split()), "")
    if name.startswith("--") or not name:
        flags = GENERAL
    elif name in COMMANDS:
        flags = GENERAL.union(*(each.opts for each in COMMANDS[name].params))
    else:
        return name
    return next((each for each in re.findall(r"(?<=\s)--[a-z-]+", code) if each not in flags), None)


@pytest.mark.parametrize("name", PAGES)
def test_commands_and_flags_in_prose_are_there(name: str) -> None:
    wrong = []
    for code in inline(PAGES[name]):
        if any(code.startswith(each) for each in ELSEWHERE):
            continue
        if re.match(r"relay-runtime(?![/\[\w])", code):
            wrong += [code] if wrong_command(code) else []
        elif code.startswith("--") and not code.startswith(OF_PYTEST):
            wrong += [code] if re.split("[ =]", code)[0] not in FLAGS else []
    assert [each for each in wrong if (name, each) not in NOT_OURS] == [], "there is no such command or flag"


# Names


def has(things: list[Any], name: str) -> bool:
    """Tell whether one of some classes has an attribute, or says in its docstring that its objects do."""
    types, documented = part("reference_sources").attribute_types, part("reference_docstrings").Documented
    return any(
        hasattr(each, name)
        or (inspect.isclass(each) and (name in types(each) or name in documented(each.__name__, each).attributes))
        for each in things
    )


def takes(thing: Any, keywords: list[str]) -> bool:
    parameters = inspect.signature(thing).parameters
    return set(keywords) <= parameters.keys() or any(each.kind is each.VAR_KEYWORD for each in parameters.values())


def keywords_of(call: str) -> list[str]:
    """Return the keywords of a call, which is written with its brackets: not those of calls within it."""
    inside = re.sub(r"\"[^\"]*\"|'[^']*'", "", call)[1:]
    while re.search(r"[(\[{][^()\[\]{}]*[)\]}]", inside):
        inside = re.sub(r"[(\[{][^()\[\]{}]*[)\]}]", "", inside)
    return re.findall(r"(?:^|, ?)(\w+)=", inside.partition(")")[0])


def is_there(code: str, known: dict[str, list[Any]] = CLASSES) -> bool:
    """Tell whether what inline code names is there; what is not of the forms above says nothing."""
    found = re.match(r"(\w+)(?:\.(\w+))?(\(.*\))?", re.sub(r"^client\.(?=(fleet|stats)\.)", "", code))
    if found is None or not (found[2] or found[3]):
        return True
    root, attribute, call = found.groups()
    if root not in SPOKEN and not re.match(r"[A-Z]\w*[a-z]", root):
        return True
    things = known.get(SPOKEN.get(root, root), [])
    if not things:
        return False
    if attribute:
        if not has(things, attribute):
            return False
        things = [getattr(each, attribute) for each in things if hasattr(each, attribute)]
    return not call or not things or any(not callable(each) or takes(each, keywords_of(call)) for each in things)


@pytest.mark.parametrize("name", PAGES)
def test_names_in_prose_are_there(name: str) -> None:
    known = OF_ASYNCIO if name == "docs/asyncio.md" else CLASSES
    wrong = [code for code in inline(PAGES[name]) if not is_there(code, known)]
    assert [each for each in wrong if (name, each) not in NOT_OURS] == [], "there is nothing of that name"


def test_every_exception_is_on_its_page_and_is_not_there() -> None:
    for name, code in NOT_OURS:
        assert code in inline(PAGES[name])
        assert not is_there(code)


@pytest.mark.parametrize(
    "code",
    [
        "RelayClient(retry_everything=True)",
        "NoSuch(1)",
        "call.play_forever()",
        "client.foo()",
        "client.stats.calls_imagined",
        "Call.nothing",
        "call.play_tts(words=1)",
        "sandbox.settings_of",
        "action.wait_long()",
    ],
)
def test_a_name_that_is_not_there_is_noticed(code: str) -> None:
    assert not is_there(code)


@pytest.mark.parametrize("code", ["relay-runtime explode --now", "relay-runtime start --now", "relay-runtime --now"])
def test_a_command_or_flag_that_is_not_there_is_noticed(code: str) -> None:
    assert wrong_command(code)
