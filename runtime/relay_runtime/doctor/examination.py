"""All checks in order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from relay_runtime.doctor.account import look_at_account
from relay_runtime.doctor.finding import Finding, Verdict, fault, fine, skipped, warning
from relay_runtime.doctor.fleet import look_at_fleet
from relay_runtime.doctor.resume.examination import CHECKS, look_at_resume
from relay_runtime.doctor.server import look_at_server
from relay_runtime.doctor.surroundings import look_at_surroundings
from relay_runtime.settings.caution import cautions
from relay_runtime.settings.client import resolved_proxy
from relay_runtime.settings.config import Config
from relay_runtime.settings.endpoint import parse_host
from relay_runtime.settings.engine_address import parse_address
from relay_runtime.settings.proxy import ENVIRONMENT

__all__ = ["examine"]


def examine(
    config: Config,
    timeout: float,
    *,
    subscribe: bool,
    window: float | None = None,
    tell: Callable[[str], object] = str,
) -> Iterator[Finding]:
    """Give what each check finds, as it ends. Blocks the current greenlet.

    Args:
        config: the settings, which the environment has too.
        timeout: seconds for each step on the network.
        subscribe: whether to subscribe to the contexts for a moment.
        window: seconds for which a session is left alone at most, to find out how one is resumed; None: not tried.
        tell: takes a word while that lasts.
    """
    yield from look_at_surroundings()
    credentials = _credentials(config)
    yield credentials
    yield from _files(config)
    reached = True
    endpoint = parse_host(config["host"])
    # The settings were looked at before: nothing in them is malformed.
    proxy = resolved_proxy(config["proxy"] or ENVIRONMENT, endpoint, os.environ)
    for finding in look_at_server(endpoint, config["ca_file"], timeout, proxy):
        reached = reached and (finding.verdict != Verdict.FAULT or finding.check == "clock")
        yield finding
    why = "the server can't be reached" if not reached else "credentials are missing"
    if reached and credentials.verdict is Verdict.OK:
        why = ""
        for finding in look_at_account(config["contexts"], timeout, subscribe=subscribe):
            if finding.check == "login" and finding.verdict is not Verdict.OK:
                why = "there is no login"
            yield finding
    else:
        yield from (skipped(name, why) for name in ("login", "contexts"))
    if config["fleet"] is not None:
        if not (config["fleet_key"] or config["token"]):
            yield fault("fleet key", "there is no token to hide sessions by", "give all hosts one RELAY_FLEET_KEY")
        yield from look_at_fleet(parse_address(config["fleet"]), timeout)
    if window is not None:
        yield from (skipped(name, why) for name in CHECKS) if why else look_at_resume(window, timeout, tell)


def _files(config: Config) -> Iterator[Finding]:
    found = [warning("files", caution.says, caution.mend) for caution in cautions(config)]
    yield from found or [fine("files", "no file shows a secret to others, or leads one astray")]


def _credentials(config: Config) -> Finding:
    if config["jwt_token"]:
        return fine("credentials", f"a JWT from {config.origin('jwt_token')}")
    missing = [name for name in ("project", "token") if not config[name]]
    if missing:
        return fault(
            "credentials",
            f"missing: {' and '.join(missing)}",
            "set SIGNALWIRE_PROJECT_ID and SIGNALWIRE_API_TOKEN, or project and token in relay.toml; "
            "without an account: relay-runtime doctor --sandbox",
        )
    return fine("credentials", f"project from {config.origin('project')}, token from {config.origin('token')}")
