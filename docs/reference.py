"""Writes ``docs/reference/`` from the docstrings; a test fails when the pages are stale or a public name has none.

    python docs/reference.py           write the pages
    python docs/reference.py --check   exit with 1, and name them, if any is stale

Structure comes from `inspect`; griffe reads the sections of a docstring (Args, Returns, Raises, Attributes).
"""

from __future__ import annotations

import inspect
import logging
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import griffe
import msgspec
from reference_requests import dict_parts, method_parts
from reference_texts import ARGUMENTS, DECLARED, PYKKAS

import relay_runtime
from relay_actors import errors
from relay_actors.call import hooks, verbs
from relay_actors.wire import constants, dicts
from relay_actors.wire.events import EVENT_CLASSES
from relay_runtime import Call, CallActor, aio, replay, sandbox, testing
from relay_runtime.fleet import reach
from relay_runtime.fleet.engine import Member
from relay_runtime.fleet.report import ProcessReport
from relay_runtime.testing.callee import LiveCallee
from relay_runtime.testing.caller import LiveCaller

PUBLIC = dir(relay_runtime)  # with what needs an extra, which `__all__` leaves out
HERE = Path(__file__).parent
FOLDER = HERE / "reference"

_RUNTIME_ONLY = re.compile(r"(The runtime|The call's core|The messaging actor) (calls|asks)")
_MODULES = re.compile(r"\b(collections\.abc|relay_actors|relay_runtime|typing)\.(\w+\.)*")
_ROLE = re.compile(r":\w+:(?=`)")
_SECTIONS = {"parameters": "Arguments", "attributes": "Attributes", "raises": "Raises"}

logging.getLogger("griffe").setLevel(logging.CRITICAL)  # types are in the signatures, not in the docstrings


@dataclass
class Page:
    """One file of the reference: its name without suffix, heading, parts in Markdown, and the names it covers."""

    name: str
    title: str
    parts: list[str] = field(default_factory=list)
    covers: list[str] = field(default_factory=list)

    def text(self) -> str:
        """Return the file's content."""
        note = "<!-- Written by docs/reference.py from the docstrings; edit those, not this. -->"
        return "\n\n".join([f"# {self.title}", note, *self.parts]).rstrip() + "\n"


undocumented: list[str] = []
"""Public names without a docstring, as they were found."""


# Docstrings


def markdown(text: str) -> str:
    """Return the text of a docstring as Markdown."""
    text = _ROLE.sub("", text).replace("``", "`")
    return re.sub(r"^::$", "", text, flags=re.MULTILINE).strip()


def described(name: str, thing: Any) -> str:
    """Return the docstring of something public, section by section; note it if there is none."""
    doc = inspect.getdoc(thing)
    if not doc:
        undocumented.append(name)
        return ""
    parts = []
    for section in griffe.Docstring(doc).parse("google"):
        kind = section.kind.value
        if kind == "text":
            parts.append(markdown(section.value))
        elif kind in _SECTIONS:
            parts.append(_items(_SECTIONS[kind], kind, section.value))
        elif kind in {"returns", "yields"}:
            parts.append(f"**{kind.title()}:** " + " ".join(markdown(item.description) for item in section.value))
        else:
            parts.append(markdown(str(getattr(section, "title", "") or section.value)))
    return "\n\n".join(part for part in parts if part)


def _items(title: str, kind: str, items: Any) -> str:
    lines = []
    for item in items:
        name = item.annotation if kind == "raises" else item.name
        lines.append(f"- `{name}`: {' '.join(markdown(item.description).split())}")
    return f"**{title}:**\n\n" + "\n".join(lines)


# Signatures


def signature(name: str, function: Callable[..., Any]) -> str:
    """Return the signature of a function in a code block, one parameter a line when it is long."""
    parsed = inspect.signature(function)
    params = list(_params(parsed))
    silent = inspect.isclass(function) or parsed.return_annotation is parsed.empty
    result = "" if silent else f" -> {_annotation(parsed.return_annotation)}"
    name = f"async {name}" if inspect.iscoroutinefunction(function) else name
    line = f"{name}({', '.join(params)}){result}"
    if len(line) > 100:
        line = f"{name}(\n    " + ",\n    ".join(params) + f",\n){result}"
    return f"```python\n{line}\n```"


def _params(parsed: inspect.Signature) -> Iterator[str]:
    starred = False
    for param in parsed.parameters.values():
        if param.name == "self":
            continue
        if param.kind is param.KEYWORD_ONLY and not starred:
            starred = True
            yield "*"
        text = {param.VAR_KEYWORD: "**", param.VAR_POSITIONAL: "*"}.get(param.kind, "") + param.name
        starred = starred or param.kind is param.VAR_POSITIONAL
        if param.annotation is not param.empty:
            text += f": {_annotation(param.annotation)}"
        if param.default is not param.empty:
            text += f" = {_default(param.default)}"
        yield text


def _annotation(annotation: Any) -> str:
    """Return an annotation as a user writes it: without the modules that the names live in."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return _MODULES.sub("", text)


def _plain(hint: Any) -> Any:
    """Return a union of `typing` as one of the language, which is written with bars."""
    return reduce(or_, get_args(hint)) if get_origin(hint) is Union else hint


def _default(default: Any) -> str:
    shown = repr(default)
    return "…" if " at 0x" in shown or shown.startswith("<") else shown


# Classes


def members(cls: type, owners: tuple[type, ...] | None = None) -> Iterator[tuple[str, Any]]:
    """Yield the public methods and properties that a class, or its ``owners``, define, in their order."""
    seen: set[str] = set()
    for owner in (cls,) if owners is None else owners:
        for name, value in vars(owner).items():
            plain = inspect.unwrap(getattr(value, "__func__", value)) if callable(value) else value
            wanted = inspect.isfunction(plain) or isinstance(value, property | classmethod | staticmethod)
            if name.startswith("_") or name in seen or not wanted:
                continue
            if not _RUNTIME_ONLY.search(inspect.getdoc(value) or ""):
                seen.add(name)
                yield name, value


def member(owner: str, name: str, value: Any) -> str:
    """Return the entry of a method or a property."""
    full = f"{owner}.{name}"
    if isinstance(value, property):
        return f"### `{name}`\n\nProperty. {described(full, value.fget)}"
    function = value.__func__ if isinstance(value, classmethod | staticmethod) else value
    return f"### `{name}`\n\n{signature(name, function)}\n\n{described(full, value)}"


def fields_table(cls: type) -> str:
    """Return a table of the fields of a struct or dataclass that its docstring does not list, or an empty text."""
    if not issubclass(cls, msgspec.Struct):
        return ""
    hidden = {"envelope"} | {f.name for f in msgspec.structs.fields(cls) if f.name.startswith(("raw_", "top_"))}
    hints = {name: _plain(hint) for name, hint in get_type_hints(cls).items()}  # without the ranges of numbers
    base = {f.name for f in msgspec.structs.fields(cls.__mro__[1])} if cls.__mro__[1] is not msgspec.Struct else set()
    rows = [
        f"| `{f.name}` | `{_annotation(hints[f.name])}` |"
        for f in msgspec.structs.fields(cls)
        if f.name not in hidden | base and not f.name.startswith("body_")
    ]
    return "\n".join(["| Field | Type |", "|---|---|", *rows]) if rows else ""


def class_entry(name: str, cls: type, owners: tuple[type, ...] | None = None) -> str:
    """Return the entry of a class with its members: its own, and those of bases that have no entry."""
    parts = [f"## `{name}`"]
    own, base = lineage(cls)
    if base is not None:
        parts.append(f"Extends `{base.__name__}{_argument(cls)}`.")
    made = any("__init__" in vars(each) for each in own) and not issubclass(cls, BaseException)
    of_others = {"bridge", "board", "ways"}  # who has one of these arguments is not made by users
    if made and not of_others & set(inspect.signature(cls).parameters):
        parts.append(signature(name, cls))
    parts += [described(name, cls), fields_table(cls)]
    parts += [
        member(name, member_name, value)
        for member_name, value in members(cls, (own or None) if owners is None else owners)
    ]
    return "\n\n".join(part for part in parts if part)


def _argument(cls: type) -> str:
    """Return what a class makes of a generic base, such as ``[PlayEvent]``, or an empty text."""
    args = [each for base in getattr(cls, "__orig_bases__", ()) for each in get_args(base)]
    return f"[{_annotation(args[0])}]" if args and not isinstance(args[0], TypeVar) else ""


def lineage(cls: type) -> tuple[tuple[type, ...], type | None]:
    """Return a class with its bases that are not public, and the first base that is, or None."""
    own: list[type] = []
    for each in cls.__mro__:
        public = each.__name__ in PUBLIC and each.__module__.startswith("relay_")
        if each is not cls and public:
            return tuple(own), each
        if each.__module__.startswith("relay_"):
            own.append(each)
    return tuple(own), None


# Pages


def client_page() -> Page:
    """Return the page of the client."""
    return Page("client", "RelayClient", [class_entry("RelayClient", relay_runtime.RelayClient)], ["RelayClient"])


def call_page() -> Page:
    """Return the page of a call: its facts, its verbs by subject, its waits, its hooks and what Pykka gives it."""
    page = Page("call", "Call and CallActor", covers=["Call", "CallActor", "CallFactory"])
    page.parts += [class_entry("CallActor", CallActor, (CallActor,)), class_entry("Call", Call, ()), DECLARED]
    page.parts += call_parts(Call)
    page.parts.append("## Hooks\n\n" + hooks_table())
    page.parts.append(ARGUMENTS)
    pykkas = [each for each in members(Call) if "Pykka" in (inspect.getdoc(each[1]) or "")]
    page.parts += ["## What Pykka gives it", *(member("Call", *each) for each in pykkas), PYKKAS]
    return page


def call_parts(call: type) -> Iterator[str]:
    """Yield what a call has of its own: its facts, its verbs by subject, its waits."""
    own = {name: value for name, value in members(call) if "Pykka" not in (inspect.getdoc(value) or "")}
    facts = {name: own.pop(name) for name in list(own) if isinstance(own[name], property)}
    yield from ["## What is known of a call", *(member("Call", *each) for each in facts.items())]
    for owner in [cls for cls in call.__bases__ if cls.__name__ in verbs.__all__]:
        yield f"## Verbs: {owner.__name__.removesuffix('Verbs')}\n\n{described(owner.__name__, owner)}"
        yield from (member("Call", name, value) for name, value in members(owner))
    yield from ["## Waiting, listening, and any command", *(member("Call", *each) for each in own.items())]


def hooks_table() -> str:
    """Return the table of hooks from its module's docstring as Markdown."""
    rows = re.findall(r"^(on_\w+) +(.+)$", hooks.__doc__ or "", re.MULTILINE)
    table = [f"| `{name}` | {markdown(what)} |" for name, what in rows]
    note = "Define any of these on a `CallActor`; each is called with its event, in the call's own greenlet."
    return "\n".join([note, "", "| Hook | Called with |", "|---|---|", *table])


def actions_page() -> Page:
    """Return the page of actions."""
    names = [name for name in PUBLIC if name.endswith("Action") or name == "ActionAborted"]
    page = Page("actions", "Actions", covers=names)
    page.parts.append(markdown(inspect.getdoc(sys.modules["relay_actors.call.actions"]) or ""))
    names.sort(key=lambda name: name != "Action")
    page.parts += [class_entry(name, getattr(relay_runtime, name)) for name in names]
    return page


def events_page() -> Page:
    """Return the page of events."""
    names = [name for name in PUBLIC if name.endswith("Event")]
    page = Page("events", "Events", covers=names)
    page.parts.append(markdown(inspect.getdoc(sys.modules["relay_actors.wire.events"]) or ""))
    rows = [f"| `{kind}` | `{cls.__name__}` |" for kind, cls in sorted(EVENT_CLASSES.items())]
    page.parts.append("\n".join(["| Type on the wire | Class |", "|---|---|", *rows]))
    names.sort(key=lambda name: name not in {"RelayEvent", "CallEvent"})
    page.parts += [class_entry(name, getattr(relay_runtime, name)) for name in names]
    return page


def errors_page() -> Page:
    """Return the page of errors."""
    names = [name for name in errors.__all__ if name in PUBLIC]
    page = Page("errors", "Errors", [markdown(inspect.getdoc(errors) or "")], names)
    page.parts += [class_entry(name, getattr(relay_runtime, name)) for name in names]
    return page


def others_page(name: str, title: str, names: list[str], of: ModuleType = relay_runtime) -> Page:
    """Return a page of classes and functions."""
    page = Page(name, title, covers=names if of is relay_runtime else [])
    for each in names:
        thing = getattr(of, each)
        if inspect.isclass(thing):
            page.parts.append(class_entry(each, thing))
        else:
            page.parts.append(f"## `{each}`\n\n{signature(each, thing)}\n\n{described(each, thing)}")
    return page


def dicts_page() -> Page:
    """Return the page of the dicts that verbs take."""
    return Page("dicts", "Dicts", [markdown(inspect.getdoc(dicts) or ""), *dict_parts(described)], list(dicts.__all__))


def constants_page() -> Page:
    """Return the page of constants."""
    names = [name for name in PUBLIC if name.isupper()]
    page = Page("constants", "Constants", [markdown(inspect.getdoc(constants) or "")], names)
    rows = [f"| `{name}` | `{getattr(relay_runtime, name)!r}` |" for name in names]
    page.parts.append("\n".join(["| Name | Value |", "|---|---|", *rows]))
    return page


def methods_page() -> Page:
    """Return the page of methods on the wire: the table that verbs are checked against."""
    return Page("methods", "Methods on the wire", list(method_parts()))


def sandbox_page() -> Page:
    """Return the page of the sandbox."""
    names = [name for name in sandbox.__all__ if callable(getattr(sandbox, name))]
    page = others_page("sandbox", "relay_runtime.sandbox", names, sandbox)
    page.parts.insert(0, markdown(inspect.getdoc(sandbox) or "").replace(">>>", "    >>>"))
    return page


def testing_page() -> Page:
    """Return the page of the test kit: its public names, and the caller and the callee that it makes."""
    page = others_page("testing", "relay_runtime.testing", list(testing.__all__), testing)
    intro = markdown(inspect.getdoc(testing) or "").partition("\n\n")[0]
    page.parts.insert(0, f"{intro} [Testing](../testing.md) has it from the beginning.")
    page.parts += [class_entry("LiveCaller", LiveCaller), class_entry("LiveCallee", LiveCallee)]
    return page


def fleet_page() -> Page:
    """Return the page of the fleet: what users make, and what they are given."""
    page = others_page("fleet", "Fleet", ["FleetSettings", "FleetError", "FleetTimeout"])
    page.parts.insert(0, "`client.fleet` is a `Fleet`. [The fleet](../fleet.md) has it from the beginning.")
    given = (reach.Fleet, reach.FleetCall, reach.Asked, Member, ProcessReport)
    page.parts[1:1] = [class_entry(each.__name__, each) for each in given]
    return page


def replay_page() -> Page:
    """Return the page of replays."""
    page = others_page("replay", "relay_runtime.replay", list(replay.__all__), replay)
    intro = markdown(inspect.getdoc(replay) or "").partition("\n\n")[0]
    page.parts.insert(0, f"{intro} [Recordings](../recording.md#playing-a-call-again) has what the people do.")
    return page


def aio_page() -> Page:
    """Return the page of what is another one for asyncio."""
    own = [name for name in aio.__all__ if getattr(getattr(aio, name), "__module__", "").startswith(aio.__name__)]
    names = sorted(set(own) - {"Call", "RelayClient"}, key=lambda name: (name != "Action", name))
    page = others_page("aio", "relay_runtime.aio", names, aio)
    page.parts[:0] = [markdown(inspect.getdoc(aio) or ""), class_entry("RelayClient", aio.RelayClient)]
    page.parts[2:2] = [class_entry("Call", aio.Call, ()), *call_parts(aio.Call)]
    return page


def pages() -> list[Page]:
    """Return every page; the names without a docstring are in ``undocumented`` then."""
    undocumented.clear()
    made = [client_page(), call_page(), actions_page(), events_page(), errors_page()]
    made.append(others_page("messages", "Messages", ["Message"]))
    made.append(others_page("builders", "Builders", [n for n in PUBLIC if n in BUILDERS]))
    made.append(others_page("campaigns", "Campaigns", [n for n in PUBLIC if n.startswith("Campaign") or n == "Retry"]))
    made.append(dicts_page())
    made.append(others_page("watching", "Status, metrics, traces", [n for n in PUBLIC if n in WATCHING]))
    made.append(fleet_page())
    made.append(others_page("recordings", "Recordings", [*RECORDINGS]))
    covered = {name for page in made for name in page.covers}
    rest = [n for n in PUBLIC if n not in covered and not n.isupper()]
    made += [others_page("more", "More", rest), constants_page(), methods_page(), aio_page()]
    made += [sandbox_page(), testing_page(), replay_page()]
    index = Page("README", "Reference", ["\n".join(f"- [{page.title}]({page.name}.md)" for page in made)])
    return [index, *made]


WATCHING = (
    *("ActorStatus", "CallStatus", "CallsStatus", "Change", "ConnectionStatus", "FleetStatus", "QueuesStatus"),
    *("Status", "not_ready"),
    *("HubLag", "MetricSamples", "RelayCollector", "exposition", "merged", "samples"),
    *("CallObserver", "CallTracer", "running_actor"),
)
RECORDINGS = ("Recorder", "Recording", "RecordingError", "read_recording")
BUILDERS = ("audio", "parallel", "phone", "ringtone", "serial", "silence", "sip", "tts")


def stale(folder: Path = FOLDER) -> list[str]:
    """Return the names of pages whose file is missing, different, or no page any more."""
    wanted = {f"{page.name}.md": page.text() for page in pages()}
    there = {path.name: path.read_text() for path in folder.glob("*.md")} if folder.exists() else {}
    return sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))


def main(arguments: list[str]) -> int:
    """Write the pages, or check them; return the exit code."""
    names = stale()
    if "--check" in arguments:
        print("\n".join(names) or "up to date")  # noqa: T201
        return 1 if names or undocumented else 0
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.md"):
        path.unlink()
    for page in pages():
        (FOLDER / f"{page.name}.md").write_text(page.text())
    print(f"{len(names)} pages changed")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
