"""The pages of the reference, each of one subject."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from types import ModuleType

from reference_docstrings import markdown, undocumented
from reference_entries import PUBLIC, Entries, alias_entry, docstring_of, members
from reference_names import Page
from reference_requests import dict_parts, method_parts
from reference_texts import ARGUMENTS, CLIENT_EXAMPLES, CONSTANTS, EXAMPLES, PYKKAS

import relay_runtime
from relay_actors import errors
from relay_actors.call import call as call_module
from relay_actors.call import facts, hooks, verbs
from relay_actors.telemetry import histogram, stats
from relay_actors.wire import constants, dicts
from relay_actors.wire.events import EVENT_CLASSES
from relay_runtime import Call, CallActor, aio, replay, sandbox, testing
from relay_runtime.aio import fleet as aio_fleet
from relay_runtime.client import frame_tap
from relay_runtime.fleet import reach
from relay_runtime.fleet.engine import Member
from relay_runtime.fleet.report import ProcessReport
from relay_runtime.metrics.collector import Observed
from relay_runtime.recording import lines
from relay_runtime.recording.recorder import Recordable
from relay_runtime.sandbox.script.steps import Step
from relay_runtime.sandbox.server.server import ServerSocket
from relay_runtime.settings.engine_address import EngineAddress
from relay_runtime.testing.callee import LiveCallee
from relay_runtime.testing.caller import LiveCaller
from relay_runtime.testing.scaled import ScaledClock
from relay_runtime.testing.stage import StageClock

__all__ = ["made_pages"]

WATCHING = (
    *("ActorStatus", "CallStatus", "CallsStatus", "Change", "ConnectionStatus", "FleetStatus", "QueuesStatus"),
    *("Status", "not_ready"),
    *("HubLag", "MetricSamples", "RelayCollector", "exposition", "merged", "samples"),
    *("CallObserver", "CallTracer", "running_actor"),
)
RECORDINGS = ("Recorder", "Recording", "RecordingError", "read_recording")
BUILDERS = ("audio", "parallel", "phone", "ringtone", "serial", "silence", "sip", "tts")
KEPT_BY_A_CLIENT = {"stats": stats.Stats, "tap": frame_tap.FrameTap}
"""The attributes of a client."""

ALIASES = {
    "relay_actors.call.actions.base": ["OnCompleted"],
    "relay_actors.call.crash_policy": ["CrashPolicy"],
    "relay_actors.call.waits": ["Predicate"],
    "relay_runtime.campaign.outcome": ["Verdict"],
    "relay_runtime.client.frame_tap": ["Direction", "Watcher"],
    "relay_runtime.client.kinds": ["CallHandler", "ChangeHandler", "ClientHandler", "EventHandler", "MessageHandler"],
    "relay_runtime.settings.credentials": ["Secret"],
}
ALIASES_OF_THE_SANDBOX = {
    "relay_runtime.sandbox.calls.messages": ["Ending"],
    "relay_runtime.sandbox.calls.session": ["End"],
    "relay_runtime.sandbox.faults.arms": ["Moment"],
    "relay_runtime.sandbox.faults.faults": ["Kind", "Refusal"],
    "relay_runtime.sandbox.ground.line": ["Change", "Listener"],
    "relay_runtime.sandbox.ground.settings": ["EventShape", "Redelivery", "RefusalShape"],
    "relay_runtime.sandbox.script.script": ["GiveUp", "Verdict"],
}
ALIASES_OF_AIO = {
    "relay_runtime.aio.call": ["EventHandler"],
    "relay_runtime.aio.credentials": ["Secret"],
    "relay_runtime.aio.handlers": ["CallHandler", "MessageHandler"],
}
"""From modules to their names for types that are in signatures."""


def aliases(of: dict[str, list[str]]) -> Iterator[str]:
    """Yield the entries of names for types."""
    for module, names in of.items():
        yield from (alias_entry(module, name) for name in names)


def client_page() -> Page:
    """Return the page of the client."""
    entries = Entries(alone="RelayClient", examples="RelayClient")
    page = Page("client", "The client", [CLIENT_EXAMPLES], ["RelayClient"], owner="RelayClient")
    client = relay_runtime.RelayClient
    page.parts.append(entries.of_class("RelayClient", client))
    page.parts += [entries.attribute(client, name, cls) for name, cls in KEPT_BY_A_CLIENT.items()]
    return page


def call_page() -> Page:
    """Return the page of a call: its facts, its verbs by subject, its waits, its hooks and what Pykka gives it."""
    page = Page("call", "Call and CallActor", [EXAMPLES], covers=["Call", "CallActor"], owner="Call")
    entries = Entries(alone="Call", examples="Call")
    page.parts += [entries.of_class("CallActor", CallActor, (CallActor,)), entries.of_class("Call", Call, ())]
    page.parts += ["## What a class declares", *(entries.declared("Call", Call))]
    page.parts += call_parts(Call, entries)
    page.parts.append("## Hooks\n\n" + hooks_table())
    page.parts.append(ARGUMENTS)
    pykkas = [each for each in members(Call) if "Pykka" in (inspect.getdoc(each[1]) or "")]
    page.parts += ["## What Pykka gives it", *(entries.member("Call", *each) for each in pykkas), PYKKAS]
    return page


def call_parts(call: type, entries: Entries) -> Iterator[str]:
    """Yield what a call has of its own: its facts, its verbs by subject, its waits."""
    own = {name: value for name, value in members(call) if "Pykka" not in (inspect.getdoc(value) or "")}
    known = {name: own.pop(name) for name in list(own) if isinstance(own[name], property)}
    yield from ["## What is known of a call", *(entries.member("Call", *each) for each in known.items())]
    for owner in [cls for cls in call.__bases__ if cls.__name__ in verbs.__all__]:
        said = markdown(inspect.getdoc(owner) or "")
        yield f"## Verbs: {owner.__name__.removesuffix('Verbs')}\n\n{said}"
        yield from (entries.member("Call", name, value) for name, value in members(owner))
    yield from ["## Waiting, listening, and any command", *(entries.member("Call", *each) for each in own.items())]


def hooks_table() -> str:
    """Return the table of hooks from its module's docstring as Markdown."""
    rows = re.findall(r"^(on_\w+) +(.+)$", hooks.__doc__ or "", re.MULTILINE)
    table = [f"| `{name}` | {markdown(what)} |" for name, what in rows]
    note = "Define any of these on a `CallActor`; each is called with its event, in the call's own greenlet."
    return "\n".join([markdown(note), "", "| Hook | Called with |", "|---|---|", *table])


def actions_page() -> Page:
    """Return the page of actions."""
    names = [name for name in PUBLIC if name.endswith("Action") or name == "ActionAborted"]
    page = Page("actions", "Actions", covers=names)
    page.parts.append(docstring_of("relay_actors.call.actions"))
    names = sorted(names, key=lambda name: name != "Action")
    page.parts += [Entries().of_class(name, getattr(relay_runtime, name)) for name in names]
    return page


def events_page() -> Page:
    """Return the page of events."""
    names = [name for name in PUBLIC if name.endswith("Event")]
    page = Page("events", "Events", covers=names)
    page.parts.append(docstring_of("relay_actors.wire.events"))
    rows = [f"| `{kind}` | {markdown(f'`{cls.__name__}`')} |" for kind, cls in sorted(EVENT_CLASSES.items())]
    page.parts.append("\n".join(["| Type on the wire | Class |", "|---|---|", *rows]))
    names = sorted(names, key=lambda name: name not in {"RelayEvent", "CallEvent"})
    page.parts += [Entries().of_class(name, getattr(relay_runtime, name)) for name in names]
    return page


def errors_page() -> Page:
    """Return the page of errors."""
    names = [name for name in errors.__all__ if name in PUBLIC]
    page = Page("errors", "Errors", [docstring_of("relay_actors.errors")], names)
    page.parts += [Entries().of_class(name, getattr(relay_runtime, name)) for name in names]
    return page


def others_page(name: str, title: str, names: list[str], of: ModuleType = relay_runtime) -> Page:
    """Return a page of classes and functions."""
    page = Page(name, title, covers=names if of is relay_runtime else [])
    page.prefix = "" if of is relay_runtime else f"{of.__name__.rpartition('.')[2]}."
    page.parts += [
        Entries().thing(each, getattr(of, each))
        if inspect.isclass(getattr(of, each)) or inspect.isfunction(getattr(of, each))
        else alias_entry(home_of(of, each), each)
        for each in names
    ]
    return page


def home_of(module: ModuleType, name: str) -> str:
    """Return the module that defines the alias of a name that another one exports."""
    value = getattr(module, name)
    homes = (each for each in sorted(sys.modules) if each.startswith("relay_") and each != module.__name__)
    return next(each for each in homes if vars(sys.modules[each]).get(name) is value and name in alias_names(each))


def alias_names(module: str) -> list[str]:
    """Return the names that a module says it defines."""
    return list(getattr(sys.modules[module], "__all__", ()))


def dicts_page() -> Page:
    """Return the page of the dicts that verbs take."""
    return Page("dicts", "Dicts", [docstring_of(dicts.__name__), *dict_parts()], list(dicts.__all__))


def constants_page() -> Page:
    """Return the page of constants."""
    names = [name for name in PUBLIC if name.isupper()]
    page = Page("constants", "Constants", [docstring_of(constants.__name__)], names)
    rows = [f"| `{name}` | `{getattr(relay_runtime, name)!r}` | {meaning_of(name)} |" for name in names]
    page.parts.append("\n".join(["| Name | Value | Meaning |", "|---|---|---|", *rows]))
    return page


def meaning_of(constant: str) -> str:
    """Return what a constant is, which the first words of its name tell; one of a new kind is noted."""
    kinds = [kind for kind in CONSTANTS if f"{constant}_".startswith(f"{kind}_")]
    if not kinds:
        undocumented.append(constant)
    return CONSTANTS[max(kinds, key=len)] if kinds else ""


def sandbox_page() -> Page:
    """Return the page of the sandbox."""
    page = others_page("sandbox", "relay_runtime.sandbox", list(sandbox.__all__), sandbox)
    page.parts.insert(0, docstring_of("relay_runtime.sandbox").replace(">>>", "    >>>"))
    page.parts += [Entries().of_class("ServerSocket", ServerSocket), Entries().of_class("Step", Step)]
    page.parts += aliases(ALIASES_OF_THE_SANDBOX)
    return page


def testing_page() -> Page:
    """Return the page of the test kit: its public names, and the caller and the callee that it makes."""
    page = others_page("testing", "relay_runtime.testing", list(testing.__all__), testing)
    intro = docstring_of("relay_runtime.testing").partition("\n\n")[0]
    page.parts.insert(0, f"{intro} [Testing](../testing.md) has it from the beginning.")
    page.parts += [
        Entries().of_class(each.__name__, each) for each in (LiveCaller, LiveCallee, ScaledClock, StageClock)
    ]
    return page


def fleet_page() -> Page:
    """Return the page of the fleet: what users make, and what they are given."""
    page = others_page("fleet", "The fleet", ["FleetSettings", "FleetError", "FleetTimeout"])
    page.parts.insert(0, "`client.fleet` is a `Fleet`. [The fleet](../fleet.md) has it from the beginning.")
    given = (reach.Fleet, reach.FleetCall, reach.Asked, Member, ProcessReport, EngineAddress)
    page.parts[1:1] = [Entries().of_class(each.__name__, each) for each in given]
    return page


def watching_page() -> Page:
    """Return the page of status, metrics and traces: what a client counts, and what it is told by."""
    page = others_page("watching", "Status, metrics, traces", [name for name in PUBLIC if name in WATCHING])
    given = (stats.Stats, histogram.Histogram, histogram.HistogramsByName, facts.CallFacts)
    page.parts += [Entries().of_class(each.__name__, each) for each in given]
    return page


def recordings_page() -> Page:
    """Return the page of recordings."""
    page = others_page("recordings", "Recordings", [*RECORDINGS])
    page.prefix = "recording."
    page.parts += [Entries().of_class(each.__name__, each) for each in (lines.Header, lines.Line, lines.End)]
    return page


def types_page() -> Page:
    """Return the page of what is named in signatures and has no other place."""
    page = Page("types", "Types in signatures", covers=["CallFactory"])
    page.parts.append("What signatures name and programs need not import: each is given to you, or is what you give.")
    page.parts += [alias_entry("relay_runtime.client.handlers", "CallFactory"), *aliases(ALIASES)]
    given = (call_module.Sent, frame_tap.FrameTap, Observed, Recordable)
    page.parts += [Entries().of_class(each.__name__, each) for each in given]
    return page


def replay_page() -> Page:
    """Return the page of replays."""
    page = others_page("replay", "relay_runtime.replay", list(replay.__all__), replay)
    intro = docstring_of("relay_runtime.replay").partition("\n\n")[0]
    page.parts.insert(0, f"{intro} [Recordings](../recording.md#playing-a-call-again) has what the people do.")
    return page


def aio_page() -> Page:
    """Return the page of what is another one for asyncio."""
    own = [name for name in aio.__all__ if getattr(getattr(aio, name), "__module__", "").startswith(aio.__name__)]
    names = sorted(set(own) - {"Call", "RelayClient"}, key=lambda name: (name != "Action", name))
    page = others_page("aio", "relay_runtime.aio", names, aio)
    entries = Entries(elsewhere="Call")
    page.owner = "Call"
    page.parts[:0] = [docstring_of("relay_runtime.aio"), Entries().of_class("RelayClient", aio.RelayClient)]
    page.parts[2:2] = [entries.of_class("Call", aio.Call, ()), *call_parts(aio.Call, entries)]
    page.parts += [Entries().of_class("Fleet", aio_fleet.Fleet), *aliases(ALIASES_OF_AIO)]
    return page


def made_pages() -> list[Page]:
    """Return every page but the index."""
    made = [client_page(), call_page(), actions_page(), events_page(), errors_page()]
    made.append(others_page("messages", "Messages", ["Message"]))
    made.append(others_page("builders", "Builders", [n for n in PUBLIC if n in BUILDERS]))
    made.append(others_page("campaigns", "Campaigns", [n for n in PUBLIC if n.startswith("Campaign") or n == "Retry"]))
    made += [dicts_page(), watching_page(), fleet_page(), recordings_page(), types_page()]
    covered = {name for page in made for name in page.covers}
    rest = [name for name in PUBLIC if name not in covered and not name.isupper()]
    made += [others_page("more", "More", rest), constants_page()]
    made += [Page("methods", "Methods on the wire", list(method_parts())), aio_page()]
    return [*made, sandbox_page(), testing_page(), replay_page()]
