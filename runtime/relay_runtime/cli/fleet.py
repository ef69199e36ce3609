"""``relay-runtime fleet``: the processes and calls of all hosts, by the server that they share."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import Enum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from relay_actors.errors import CallEnded, RelayError
from relay_runtime.cli import flags
from relay_runtime.cli.console import print_json, print_line, print_rich, terminal_width
from relay_runtime.cli.failure import Failure
from relay_runtime.cli.fleet_view import draw_fleet, fleet_report
from relay_runtime.cli.report_view import draw_call
from relay_runtime.cli.top import show
from relay_runtime.fleet.errors import FleetError
from relay_runtime.inspection.protocol import Request
from relay_runtime.inspection.reports import Report
from relay_runtime.process.process import ExitCode
from relay_runtime.settings.engine_address import EngineAddress, parse_address
from relay_runtime.settings.options import OPTIONS
from relay_runtime.websocket.errors import CaFileError
from relay_runtime.websocket.tls import client_context

if TYPE_CHECKING:
    from relay_runtime.fleet.reach import Fleet

__all__ = ["Action", "fleet"]


class Action(Enum):
    """What is done."""

    PS = "ps"
    TOP = "top"
    CALL = "call"
    HANGUP = "hangup"
    TELL = "tell"
    DRAIN = "drain"
    UNDRAIN = "undrain"


_WANTS: Final = {
    Action.CALL: ("ID",),
    Action.HANGUP: ("ID",),
    Action.TELL: ("ID", "JSON"),
    Action.DRAIN: ("HOST",),
    Action.UNDRAIN: ("HOST",),
}
"""What stands behind each action."""


def fleet(
    action: Annotated[
        Action,
        typer.Argument(
            metavar="ACTION",
            help="ps, top, call ID, hangup ID, tell ID JSON, drain HOST or undrain HOST.",
            case_sensitive=False,
        ),
    ],
    what: Annotated[
        str | None, typer.Argument(metavar="ID|HOST", help="The call's id, or how it begins; or a host.")
    ] = None,
    value: Annotated[str | None, typer.Argument(metavar="JSON", help="What a call is told, as JSON.")] = None,
    *,
    url: Annotated[
        str | None,
        typer.Option("--fleet", metavar="URL", help="The fleet's Redis or Valkey server. Environment: RELAY_FLEET."),
    ] = None,
    calls: Annotated[
        int, typer.Option(metavar="N", min=0, help="With ps: how many calls are listed, oldest first.")
    ] = 20,
    interval: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, help="With top: from one picture to the next.")
    ] = 1.0,
    count: Annotated[int | None, typer.Option(metavar="N", min=1, help="With top: stop after N pictures.")] = None,
    as_json: flags.Json = False,
) -> ExitCode:
    """Look into a fleet, and reach its calls on any host: ps, top, call, hangup, tell; drain a host, or end that.

    A host that is drained gets no new calls, also after a restart, until undrain; its live calls go on.

    Example: relay-runtime fleet call cc1e54 --fleet redis://redis.internal
    """
    wanted = _WANTS.get(action, ())
    given = tuple(each for each in (what, value) if each is not None)
    if len(given) != len(wanted):
        usage = " ".join(("relay-runtime fleet", action.value, *wanted))
        raise Failure(ExitCode.USAGE, f"{action.value} takes {' and '.join(wanted) or 'nothing more'}: {usage}")
    told = _json(value) if action is Action.TELL and value is not None else None
    address = _address(url)
    with _opened(address) as there:
        try:
            match action:
                case Action.PS:
                    return _ps(there, address, calls, as_json=as_json)
                case Action.TOP:
                    return show(_FleetAsker(there, address), interval, count, as_json=as_json)
                case Action.DRAIN | Action.UNDRAIN:
                    return _drain(there, str(what), drained=action is Action.DRAIN, as_json=as_json)
            return _of_call(there, action, str(what), told, as_json=as_json)
        except CallEnded as error:
            raise Failure(ExitCode.NEGATIVE, str(error)) from None
        except FleetError as error:
            raise Failure(ExitCode.UNREACHABLE, str(error)) from None
        except (RelayError, TypeError) as error:
            raise Failure(ExitCode.NEGATIVE, str(error)) from None
        except ValueError as error:
            raise Failure(ExitCode.USAGE, str(error)) from None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Failure(
            ExitCode.USAGE, f"what is told is no JSON ({error}); a text is written '\"so\"', a mapping '{{\"key\": 1}}'"
        ) from None


def _address(url: str | None) -> EngineAddress:
    variable = OPTIONS["fleet"].variable
    text = url or os.environ.get(variable)
    if not text:
        raise Failure(ExitCode.USAGE, f"say which fleet: --fleet redis://host, or {variable} in the environment")
    named = "--fleet" if url else variable
    try:
        address = parse_address(text)
        if address.secure:
            client_context(address.ca_file)
    except (ValueError, CaFileError) as error:
        raise Failure(ExitCode.USAGE, f"{named}: {error}") from None
    if address.local and address.path and not Path(address.path).is_dir():
        raise Failure(ExitCode.UNREACHABLE, f"{named}: there is no fleet in {address.path}: it is no directory")
    return address


@contextmanager
def _opened(address: EngineAddress) -> Iterator[Fleet]:
    if find_spec("redis") is None:
        raise Failure(ExitCode.BAD_CONFIG, "a fleet needs redis: pip install 'relay-runtime[fleet]'")
    from relay_runtime.fleet.visit import Visit  # noqa: PLC0415 - an extra

    with closing(Visit(address)) as visit:
        yield visit.fleet


class _FleetAsker:
    """Asks the fleet for what a process is asked for; see `Asker`."""

    def __init__(self, there: Fleet, address: EngineAddress) -> None:
        self._there = there
        self._address = address

    def ask(self, request: Request, kind: type[Report]) -> Report:  # noqa: ARG002 - as `Asker` has it
        return fleet_report(self._there.processes(calls=request.calls), self._address.place)


def _ps(there: Fleet, address: EngineAddress, calls: int, *, as_json: bool) -> ExitCode:
    processes, drained = there.processes(calls=calls > 0), there.drained()
    if as_json:
        print_json(
            {
                "fleet": address.place,
                "drained": sorted(drained),
                "processes": [
                    {"member": each.member, "report": each.report, "problem": each.problem} for each in processes
                ],
            }
        )
    else:
        print_rich(draw_fleet(processes, drained, address.place, calls=calls, width=terminal_width()))
    return ExitCode.OK


def _drain(there: Fleet, host: str, *, drained: bool, as_json: bool) -> ExitCode:
    known = {each.host for each in there.members()}
    (there.drain if drained else there.undrain)(host)
    if as_json:
        print_json({"host": host, "drained": drained, "known": host in known})
    elif host in known:
        print_line(f"{host} gets {'no' if drained else 'its'} new calls from now on")
    else:
        print_line(
            f"{host} gets {'no' if drained else 'its'} new calls once it is there; hosts of the fleet: "
            f"{', '.join(sorted(known)) or 'none'}"
        )
    return ExitCode.OK


def _of_call(there: Fleet, action: Action, prefix: str, told: Any, *, as_json: bool) -> ExitCode:
    call = there.call(_whole(there, prefix))
    match action:
        case Action.CALL:
            status = call.status()
            if as_json:
                print_json(status)
            else:
                print_rich(draw_call(status))
            return ExitCode.OK
        case Action.HANGUP:
            call.hangup()
            done = "hung up"
        case _:
            call.tell(told)
            done = "told"
    if as_json:
        print_json({"call_id": call.call_id})
    else:
        print_line(f"{done} {call.call_id}")
    return ExitCode.OK


def _whole(there: Fleet, prefix: str) -> str:
    """Return the id of the one live call whose id begins so.

    Raises:
        Failure: there are several.
        CallEnded: there is none.
    """
    if not prefix:
        raise Failure(ExitCode.USAGE, "the id is empty: give the call's id, or how it begins; fleet ps lists them")
    found = there.find(prefix)
    if prefix in found:
        return prefix
    if len(found) > 1:
        raise Failure(
            ExitCode.USAGE, f"several live calls begin with {prefix}: {', '.join(found)}; give more of the id"
        )
    if not found:
        raise CallEnded(f"no live call of the fleet begins with {prefix!r}; relay-runtime fleet ps lists them")
    return found[0]
