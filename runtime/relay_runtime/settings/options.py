"""Everything that can be configured: names, variables, defaults, and how a value is read."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from relay_actors.routing.admission import POLICIES
from relay_actors.wire.checks import check_contexts
from relay_runtime.settings.endpoint import parse_host

__all__ = [
    "DEFAULT_DRAIN_TIMEOUT",
    "DEFAULT_HOST",
    "DEFAULT_HTTP_HOST",
    "DEFAULT_HUB_LAG_LIMIT",
    "DEFAULT_MAX_ACTIVE_CALLS",
    "LOG_FORMATS",
    "LOG_LEVELS",
    "OPTIONS",
    "Option",
]

DEFAULT_HOST: Final = "relay.signalwire.com"
DEFAULT_MAX_ACTIVE_CALLS: Final = 1000
DEFAULT_DRAIN_TIMEOUT: Final = 30.0
DEFAULT_HUB_LAG_LIMIT: Final = 1.0
DEFAULT_HTTP_HOST: Final = "127.0.0.1"
LOG_LEVELS: Final = ("trace", "debug", "info", "warning", "error")
LOG_FORMATS: Final = ("text", "json")


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("accepted is a text that is not empty")
    return value


def _names(value: Any) -> tuple[str, ...]:
    names = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    try:
        return check_contexts(names)
    except ValueError:
        raise ValueError("accepted are names, such as office (in a variable: separated by commas)") from None


def _count(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("accepted is a whole number from 1")
    return value


def _seconds(value: Any) -> float:
    try:
        seconds = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise ValueError("accepted is a number of seconds from 0")
    return seconds


def _port(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 65535:
        raise ValueError("accepted is a port from 1 to 65535, or 0 for a free one")
    return value


def _switch(value: Any) -> bool:
    words = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or value.lower() not in words:
        raise ValueError("accepted is true or false")
    return words[value.lower()]


def _share(value: Any) -> float:
    try:
        share = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        share = math.nan
    if not 0 <= share <= 1:
        raise ValueError("accepted is a share of max_active_calls, from 0 to 1, such as 0.9")
    return share


def _host(value: Any) -> str:
    parse_host(_text(value))
    return str(value)


def _one_of(*choices: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        name = value.lower() if isinstance(value, str) else ""
        if name not in choices:
            raise ValueError(f"accepted is one of {', '.join(choices)}")
        return name

    return read


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be configured.

    Attributes:
        name: its name in the configuration file.
        variable: its environment variable.
        flag: its flag, or an empty string.
        meaning: what it is, in a few words.
        read: turns what a person wrote into the value; raises `ValueError` saying what is accepted.
        default: its value when nobody says anything.
        secret: whether the value must not be shown.
        client: whether a `RelayClient` reads the variable by itself.
    """

    name: str
    variable: str
    meaning: str
    read: Callable[[Any], Any]
    default: Any = None
    flag: str = ""
    secret: bool = False
    client: bool = False


OPTIONS: Final[Mapping[str, Option]] = {
    option.name: option
    for option in (
        Option(name="app", variable="RELAY_APP", meaning="what serves the calls", read=_text, flag="APP"),
        Option(
            name="contexts",
            variable="RELAY_CONTEXTS",
            meaning="the contexts whose calls and messages come here",
            read=_names,
            default=(),
            flag="--context",
        ),
        Option(
            name="host",
            variable="SIGNALWIRE_SPACE",
            meaning="host name, host:port or URL",
            read=_host,
            default=DEFAULT_HOST,
            flag="--host",
            client=True,
        ),
        Option(name="project", variable="SIGNALWIRE_PROJECT_ID", meaning="the project's id", read=_text, client=True),
        Option(
            name="token", variable="SIGNALWIRE_API_TOKEN", meaning="API token", read=_text, secret=True, client=True
        ),
        Option(
            name="jwt_token",
            variable="SIGNALWIRE_JWT_TOKEN",
            meaning="a JWT in place of project and token",
            read=_text,
            secret=True,
            client=True,
        ),
        Option(
            name="ca_file",
            variable="SIGNALWIRE_RELAY_CA_FILE",
            meaning="authorities to trust besides the system's",
            read=_text,
            client=True,
        ),
        Option(
            name="max_active_calls",
            variable="RELAY_MAX_ACTIVE_CALLS",
            meaning="how many inbound calls may be active at once",
            read=_count,
            default=DEFAULT_MAX_ACTIVE_CALLS,
            flag="--max-active-calls",
            client=True,
        ),
        Option(
            name="overload",
            variable="RELAY_OVERLOAD",
            meaning="what happens to calls beyond that",
            read=_one_of(*POLICIES),
            default="drop",
            flag="--overload",
        ),
        Option(
            name="leave_at",
            variable="RELAY_LEAVE_AT",
            meaning="share of max_active_calls at which the contexts are left",
            read=_share,
            flag="--leave-at",
        ),
        Option(
            name="return_at",
            variable="RELAY_RETURN_AT",
            meaning="share of max_active_calls at which they are received again",
            read=_share,
            flag="--return-at",
        ),
        Option(
            name="drain_timeout",
            variable="RELAY_DRAIN_TIMEOUT",
            meaning="seconds that live calls get to end when the process stops",
            read=_seconds,
            default=DEFAULT_DRAIN_TIMEOUT,
            flag="--drain-timeout",
        ),
        Option(
            name="workers",
            variable="RELAY_WORKERS",
            meaning="how many processes serve the calls",
            read=_count,
            default=1,
            flag="--workers",
        ),
        Option(
            name="control_socket",
            variable="RELAY_CONTROL_SOCKET",
            meaning="where ps, top and the like ask; off: nowhere",
            read=_text,
            flag="--control-socket",
        ),
        Option(
            name="http_port",
            variable="RELAY_HTTP_PORT",
            meaning="where probes and Prometheus ask; none when it is not given",
            read=_port,
            flag="--http-port",
        ),
        Option(
            name="http_host",
            variable="RELAY_HTTP_HOST",
            meaning="the address of that port",
            read=_text,
            default=DEFAULT_HTTP_HOST,
            flag="--http-host",
        ),
        Option(
            name="http_token",
            variable="RELAY_HTTP_TOKEN",
            meaning="what Prometheus has to bring; needed when others can reach the port",
            read=_text,
            secret=True,
        ),
        Option(
            name="hub_lag_limit",
            variable="RELAY_HUB_LAG_LIMIT",
            meaning="seconds that the event loop may be late before the process is not ready",
            read=_seconds,
            default=DEFAULT_HUB_LAG_LIMIT,
        ),
        Option(
            name="traces",
            variable="RELAY_TRACES",
            meaning="whether calls are traced by OpenTelemetry",
            read=_switch,
            default=False,
        ),
        Option(
            name="log_level",
            variable="RELAY_LOG_LEVEL",
            meaning="the least severe lines that are written",
            read=_one_of(*LOG_LEVELS),
            default="info",
            flag="--log-level",
        ),
        Option(
            name="log_format",
            variable="RELAY_LOG_FORMAT",
            meaning="how lines are written",
            read=_one_of(*LOG_FORMATS),
            default="text",
            flag="--log-format",
        ),
    )
}
"""Everything that can be configured, by its name in the configuration file."""
