"""Flags that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "ConfigFile",
    "Contexts",
    "ControlSocket",
    "EnvFile",
    "Host",
    "HttpHost",
    "HttpPort",
    "Json",
    "LeaveAt",
    "LogFormat",
    "LogLevel",
    "Patience",
    "QuietLogLevel",
    "ReturnAt",
    "Workers",
]

Contexts = Annotated[
    list[str] | None,
    typer.Option("--context", "-c", metavar="NAME", help="Receive calls and messages of this context. Repeatable."),
]
Host = Annotated[
    str | None,
    typer.Option(metavar="HOST", help="Host name, host:port or URL of the server. Environment: SIGNALWIRE_SPACE."),
]
Workers = Annotated[
    int | None,
    typer.Option(metavar="N", help="How many processes serve the calls, each with its own connection. Default: 1."),
]
ControlSocket = Annotated[
    str | None,
    typer.Option(metavar="PATH", help="Where relay-runtime ps and the like ask this process; off: nowhere."),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Configuration file. Default: ./relay.toml, when it is there."),
]
EnvFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="File of NAME=value lines, for variables that the environment does not have."),
]
HttpPort = Annotated[
    int | None,
    typer.Option(metavar="PORT", help="Serve /livez, /readyz and /metrics there; 0: a free one. Default: off."),
]
HttpHost = Annotated[
    str | None,
    typer.Option(
        metavar="HOST", help="Address of that port; beyond this machine it needs a token. Default: 127.0.0.1."
    ),
]
LogLevel = Annotated[
    str | None,
    typer.Option(metavar="LEVEL", help="trace, debug, info, warning or error. Default: info."),
]
QuietLogLevel = Annotated[
    str | None,
    typer.Option("--log-level", metavar="LEVEL", help="trace, debug, info, warning or error. Default: warning."),
]
LogFormat = Annotated[
    str | None, typer.Option(metavar="FORMAT", help="text, or json for one object a line. Default: text.")
]
LeaveAt = Annotated[
    float | None,
    typer.Option(metavar="SHARE", help="Leave the contexts at this share of the maximum, such as 0.9. Default: never."),
]
ReturnAt = Annotated[
    float | None,
    typer.Option(metavar="SHARE", help="Receive them again at this share. Default: 0.7."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Patience = Annotated[
    float, typer.Option("--connect-timeout", metavar="SECONDS", help="How long to try to connect.", min=0.1)
]
