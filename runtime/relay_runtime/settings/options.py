"""Everything that can be configured, in one table of several sections.

From it come the flags of the commands, the keys of configuration files and their check, the environment variables,
what ``relay-runtime config`` prints, and what ``docs/cli.md`` tells (``python docs/cli_page.py`` writes that). A new
option is a new entry here, and its use. A command takes the flags of whole sections.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

import msgspec

from relay_actors.routing.admission import DEFAULT_RETURN_AT, POLICIES
from relay_runtime.settings import kinds
from relay_runtime.settings.kinds import Kind

__all__ = [
    "APP",
    "CALLS",
    "CONTEXTS",
    "LOGS",
    "OPTIONS",
    "PROCESS",
    "RECORDING",
    "SERVER",
    "WATCHING",
    "Client",
    "Option",
]


class Client(Enum):
    """How a `RelayClient` comes to know an option."""

    READS = "reads"
    """It reads the environment variable by itself."""
    IS_GIVEN = "is given"
    """It has an argument of the same name."""


class Option(msgspec.Struct, frozen=True):
    """One thing that can be configured.

    Attributes:
        name: its name in the configuration file.
        kind: what values it has.
        meaning: what it is, in a few words.
        help: what its flag does, where ``{default}`` stands for `unset`; empty when it has no flag.
        default: its value when nobody says anything.
        otherwise: what holds without a value, for people, when the default does not say so itself.
        spellings: its flag in all spellings, where that is not the name; a word in capitals is an argument.
        variable: its environment variable, where that is not ``RELAY_`` and the name.
        secret: whether the value must not be shown.
        client: how a `RelayClient` comes to know it; None: not at all.
    """

    name: str
    kind: Kind
    meaning: str
    help: str = ""
    default: Any = None
    otherwise: str = ""
    spellings: tuple[str, ...] = ()
    variable: str = ""
    secret: bool = False
    client: Client | None = None

    def __post_init__(self) -> None:
        """Derive from the name what is not said."""
        msgspec.structs.force_setattr(self, "variable", self.variable or f"RELAY_{self.name.upper()}")
        if self.help and not self.spellings:
            msgspec.structs.force_setattr(self, "spellings", (f"--{self.name.replace('_', '-')}",))

    @property
    def flag(self) -> str:
        """Its flag, or its word in capitals when it is an argument; empty for neither."""
        return self.spellings[0] if self.spellings else ""

    @property
    def unset(self) -> str:
        """What holds when nobody says anything, for people; may be empty."""
        if self.otherwise or self.default in (None, ()):
            return self.otherwise
        if isinstance(self.default, bool):
            return str(self.default).lower()
        return f"{self.default:g}" if isinstance(self.default, float) else str(self.default)


APP: Final = (
    Option(
        "app",
        kinds.TEXT,
        "what serves the calls",
        "MODULE:CLASS, MODULE:CLIENT, or FILE.py[:NAME]; the name may be left out when there is only one.",
        spellings=("APP",),
    ),
)
CONTEXTS: Final = (
    Option(
        "contexts",
        kinds.NAMES,
        "the contexts whose calls and messages come here",
        "Receive calls and messages of this context. Repeatable.",
        default=(),
        spellings=("--context", "-c"),
    ),
)
SERVER: Final = (
    Option(
        "host",
        kinds.HOST,
        "host name, host:port or URL",
        "Host name, host:port or URL of the server. Environment: SIGNALWIRE_SPACE.",
        default="relay.signalwire.com",
        client=Client.READS,
        variable="SIGNALWIRE_SPACE",
    ),
    Option("project", kinds.CREDENTIAL, "the project's id", client=Client.READS, variable="SIGNALWIRE_PROJECT_ID"),
    Option("token", kinds.CREDENTIAL, "API token", secret=True, client=Client.READS, variable="SIGNALWIRE_API_TOKEN"),
    Option(
        "jwt_token",
        kinds.CREDENTIAL,
        "a JWT in place of project and token",
        secret=True,
        client=Client.READS,
        variable="SIGNALWIRE_JWT_TOKEN",
    ),
    Option(
        "ca_file",
        kinds.TEXT,
        "authorities to trust besides the system's",
        client=Client.READS,
        variable="SIGNALWIRE_RELAY_CA_FILE",
    ),
    Option(
        "proxy",
        kinds.PROXY,
        "the HTTP proxy on the way to the server; off: none",
        "HTTP proxy on the way to the server, such as http://host:3128; off: none. Default: {default}.",
        otherwise="HTTPS_PROXY, NO_PROXY",
        client=Client.READS,
    ),
)
CALLS: Final = (
    Option(
        "max_active_calls",
        kinds.COUNT,
        "how many inbound calls may be active at once",
        "How many inbound calls may be active at once. Default: {default}.",
        default=1000,
        client=Client.READS,
    ),
    Option(
        "overload",
        kinds.one_of("POLICY", *POLICIES),
        "what happens to calls beyond that",
        "What happens to calls beyond that: drop, pass or busy. Default: {default}.",
        default="drop",
        client=Client.IS_GIVEN,
    ),
    Option(
        "leave_at",
        kinds.SHARE,
        "share of max_active_calls at which the contexts are left",
        "Leave the contexts at this share of the maximum, such as 0.9. Default: {default}.",
        otherwise="never",
        client=Client.IS_GIVEN,
    ),
    Option(
        "return_at",
        kinds.SHARE,
        "share of max_active_calls at which they are received again",
        "Receive them again at this share. Default: {default}.",
        otherwise=str(DEFAULT_RETURN_AT),
        client=Client.IS_GIVEN,
    ),
    Option(
        "drain_timeout",
        kinds.SECONDS,
        "seconds that live calls get to end when the process stops",
        "How long live calls may go on when the process stops. Default: {default}.",
        default=30.0,
    ),
    Option(
        "ledger",
        kinds.PATH,
        "where calls are written down for a successor: auto, off, or a directory",
        "Write the calls down there, for another process to go on with: auto, off or a directory. Default: {default}.",
        default="auto",
    ),
    Option(
        "fleet",
        kinds.ENGINE,
        "the Redis or Valkey server by which other hosts reach the calls, and take them over; local: for one host",
        "Have other hosts reach the calls, and take them over, by this Redis or Valkey server. Default: {default}.",
        otherwise="none",
    ),
    Option(
        "fleet_host",
        kinds.HOST_NAME,
        "what this host is called in the fleet",
        "Name of this host in the fleet. Default: {default}.",
        otherwise="the machine's",
    ),
    Option(
        "fleet_key",
        kinds.CREDENTIAL,
        "by what sessions are hidden in that server; the same on all hosts",
        otherwise="the token",
        secret=True,
    ),
)
PROCESS: Final = (
    Option(
        "workers",
        kinds.COUNT,
        "how many processes serve the calls",
        "How many processes serve the calls, each with its own connection. Default: {default}.",
        default=1,
    ),
    Option(
        "worker_timeout",
        kinds.TIMEOUT,
        "seconds for which a worker may be silent before it is killed; 0: for ever",
        "Kill and restart a worker that is silent for so long, from 1; 0: never. Default: {default}.",
        default=30.0,
    ),
    Option(
        "max_calls_per_worker",
        kinds.COUNT,
        "after how many calls a worker is replaced by a new process",
        "Replace a worker once it has had so many calls, as in a rolling restart. Default: {default}.",
        otherwise="never",
    ),
    Option(
        "pid_file",
        kinds.PATH,
        "where the process id is written",
        "Write the process id to this file, and remove it at the end.",
    ),
    Option(
        "control_socket",
        kinds.PATH,
        "where ps, top and the like ask; off: nowhere",
        "Where relay-runtime ps and the like ask this process; off: nowhere.",
    ),
)
"""When there are several workers, these concern their parent alone."""
RECORDING: Final = (
    Option(
        "record",
        kinds.DIRECTORY,
        "where each call is recorded to a file of its own",
        "Record each call to a file there, without numbers and words. Default: {default}.",
        otherwise="off",
    ),
    Option(
        "keep_words",
        kinds.SWITCH,
        "whether recordings keep what is spoken and written",
        "Keep in recordings what is spoken and written.",
        default=False,
    ),
    Option(
        "mask_digits",
        kinds.SWITCH,
        "whether recordings mask the keys that are pressed",
        "Mask in recordings the keys that are pressed too.",
        default=False,
    ),
)
WATCHING: Final = (
    Option(
        "http_port",
        kinds.PORT,
        "where probes and Prometheus ask; none when it is not given",
        "Serve /livez, /readyz and /metrics there; 0: a free one. Default: {default}.",
        otherwise="off",
    ),
    Option(
        "http_host",
        kinds.ADDRESS,
        "the address of that port",
        "Address of that port; beyond this machine it needs a token. Default: {default}.",
        default="127.0.0.1",
    ),
    Option(
        "http_token",
        kinds.CREDENTIAL,
        "what Prometheus has to bring; needed when others can reach the port",
        secret=True,
    ),
    Option(
        "hub_lag_limit",
        kinds.SECONDS,
        "seconds that the event loop may be late before the process is not ready",
        default=1.0,
    ),
    Option(
        "core_dumps", kinds.SWITCH, "whether the process may leave core dumps, which hold its tokens", default=False
    ),
    Option("traces", kinds.SWITCH, "whether calls are traced by OpenTelemetry", default=False),
)
LOGS: Final = (
    Option(
        "log_level",
        kinds.one_of("LEVEL", "trace", "debug", "info", "warning", "error"),
        "the least severe lines that are written",
        "trace, debug, info, warning or error. Default: {default}.",
        default="info",
    ),
    Option(
        "log_format",
        kinds.one_of("FORMAT", "text", "json"),
        "how lines are written",
        "text, or json for one object a line. Default: {default}.",
        default="text",
    ),
)
OPTIONS: Final[Mapping[str, Option]] = {
    option.name: option
    for sections in (APP, CONTEXTS, SERVER, CALLS, PROCESS, RECORDING, WATCHING, LOGS)
    for option in sections
}
"""Everything that can be configured, by its name in the configuration file."""
