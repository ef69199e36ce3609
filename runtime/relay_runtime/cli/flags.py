"""Flags that several commands have; those of settings come from the table of options.

A command says where the flags of a section stand by a parameter such as ``calls: flags.Calls``, and gets what was
given there, by option name. `expanded` makes a command of it that typer understands.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Final, get_args

import msgspec
import typer
from typer.models import OptionInfo

from relay_runtime.cli.failure import Failure
from relay_runtime.process.process import ExitCode
from relay_runtime.settings import options
from relay_runtime.settings.options import Option

__all__ = [
    "QUIET",
    "App",
    "Calls",
    "CallsAsInStart",
    "ConfigFile",
    "Contexts",
    "EnvFile",
    "Given",
    "Json",
    "Logs",
    "Patience",
    "Process",
    "QuietLogs",
    "Recording",
    "Server",
    "Watching",
    "expanded",
]

Given = Mapping[str, Any]
"""What the command line says of some options, by name; None was not given."""

QUIET: Final = {"log_level": "warning"}
"""What holds in the place of the table's defaults for a command that ends by itself."""


class _Section(msgspec.Struct, frozen=True):
    """A section of the table, as a command shows it.

    Attributes:
        options: the section; those without a flag are left out.
        help: what each flag does, in the place of the table's words.
        defaults: the command's own, by option name.
    """

    options: tuple[Option, ...]
    help: str = ""
    defaults: Mapping[str, str] = {}

    def parameters(self) -> Iterator[inspect.Parameter]:
        """Yield a parameter for each flag."""
        for option in self.options:
            if option.flag:
                # A text, which is read as those of files and the environment are: see `merge`.
                kind = bool if option.kind.switch else list[str] if option.kind.repeatable else str
                flag = self._flag(option)
                yield inspect.Parameter(
                    option.name, inspect.Parameter.KEYWORD_ONLY, default=flag, annotation=kind | None
                )

    def take(self, given: dict[str, Any]) -> Given:
        """Take what was given of this section out of all that was given to a command."""
        taken = {option.name: given.pop(option.name) for option in self.options if option.flag}
        return {name: tuple(value) if isinstance(value, list) else value for name, value in taken.items()}

    def _flag(self, option: Option) -> Any:
        told = self.help or option.help.format(default=self.defaults.get(option.name, option.unset))
        if option.flag.isupper():
            return typer.Argument(None, metavar=option.flag, help=told)
        return typer.Option(None, *option.spellings, metavar=option.kind.metavar, help=told)


App = Annotated[Given, _Section(options.APP)]
Contexts = Annotated[Given, _Section(options.CONTEXTS)]
Server = Annotated[Given, _Section(options.SERVER)]
Calls = Annotated[Given, _Section(options.CALLS)]
CallsAsInStart = Annotated[Given, _Section(options.CALLS, help="As in start.")]
Process = Annotated[Given, _Section(options.PROCESS)]
Recording = Annotated[Given, _Section(options.RECORDING)]
Watching = Annotated[Given, _Section(options.WATCHING)]
Logs = Annotated[Given, _Section(options.LOGS)]
QuietLogs = Annotated[Given, _Section(options.LOGS, defaults=QUIET)]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Configuration file. Default: ./relay.toml, when it is there."),
]
EnvFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="File of NAME=value lines, for variables that the environment does not have."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Patience = Annotated[
    float, typer.Option("--connect-timeout", metavar="SECONDS", help="How long to try to connect.", min=0.1)
]


def _read_by_us(parameter: inspect.Parameter) -> None:
    """Have a number or a choice that only commands know read by `_reader`: typer does not say what is accepted."""
    kind, *about = get_args(parameter.annotation) or (None,)
    kind = next((each for each in get_args(kind) if each is not type(None)), kind)  # of ``int | None``
    ours = kind in (int, float) or (isinstance(kind, type) and issubclass(kind, Enum))
    for info in about:
        if ours and isinstance(info, OptionInfo):
            spelt = (info.default, *(info.param_decls or ()))  # typer keeps the first one as a default, until it looks
            named = [each for each in spelt if isinstance(each, str) and each.startswith("--")]
            flag = named[0] if named else f"--{parameter.name.replace('_', '-')}"
            info.parser = _reader(flag, kind, info.min, info.max)


def _reader(flag: str, kind: Any, lowest: float | None, highest: float | None) -> Callable[[Any], Any]:
    """Return what turns the value of a flag into a number or a choice, or ends the command saying what is accepted."""
    low, high = -math.inf if lowest is None else lowest, math.inf if highest is None else highest
    if issubclass(kind, Enum):
        accepted = f"one of {', '.join(each.value for each in kind)}"
    else:
        accepted = f"a {'whole ' if kind is int else ''}number"
        accepted += "" if lowest is None else f" from {lowest:g}"
        accepted += "" if highest is None else f" to {highest:g}"

    def read(value: Any) -> Any:
        with suppress(ValueError):
            known = kind(value)
            if isinstance(known, Enum) or (low <= known <= high and abs(known) != math.inf):
                return known
        raise Failure(ExitCode.USAGE, f"{flag} is {value!r}: accepted is {accepted}")

    return read


def expanded(command: Callable[..., Any]) -> Callable[..., Any]:
    """Return a command with a flag for each option, in the place of the sections that its parameters name."""
    sections: dict[str, _Section] = {}
    parameters: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(command, eval_str=True).parameters.items():
        section = next((each for each in get_args(parameter.annotation) if isinstance(each, _Section)), None)
        if section is None:
            _read_by_us(parameter)
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
        else:
            sections[name] = section
            parameters += section.parameters()

    def run(**given: Any) -> Any:
        parts = {name: section.take(given) for name, section in sections.items()}
        return command(**parts, **given)

    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return run
