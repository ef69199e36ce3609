"""The engine of a fleet, and the hosts in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from relay_actors.kit import clock
from relay_runtime.doctor.finding import Finding, fault, fine, skipped, warning
from relay_runtime.fleet.engine import Engine, EngineError, EngineRefused
from relay_runtime.fleet.local_engine import LocalEngine
from relay_runtime.fleet.settings import missing_extra
from relay_runtime.settings.endpoint import is_loopback
from relay_runtime.settings.engine_address import EngineAddress
from relay_runtime.websocket.errors import CaFileError
from relay_runtime.websocket.tls import client_context

if TYPE_CHECKING:
    from relay_runtime.fleet.redis_engine import RedisEngine

__all__ = ["CHECKS", "look_at_fleet"]

CHECKS: Final = ("fleet engine", "fleet memory", "fleet hosts")
_OLDEST: Final = (6, 2)
_SLOW: Final = 0.05  # seconds of a round trip


def look_at_fleet(address: EngineAddress, timeout: float) -> Iterator[Finding]:
    """Give what each check finds, as it ends. Blocks the current greenlet.

    Args:
        address: where the engine is.
        timeout: seconds for each answer of it.
    """
    if told := missing_extra(address):
        yield fault("fleet engine", told, "pip install 'relay-runtime[fleet]'")
        yield from (skipped(name, "the extra is missing") for name in CHECKS[1:])
        return
    if address.local:
        yield from _asked(LocalEngine(address, timeout), _local_checks(address))
        return
    from relay_runtime.fleet.redis_engine import RedisEngine  # noqa: PLC0415 - an extra

    try:
        context = client_context(address.ca_file) if address.secure else None
    except CaFileError as error:
        yield fault("fleet engine", str(error), "give ?ca_file= a PEM file with the authority of the engine")
        yield from (skipped(name, "its authority can't be read") for name in CHECKS[1:])
        return
    yield from _asked(RedisEngine(address, context, timeout), (partial(_engine, address), _memory, _hosts))


def _local_checks(address: EngineAddress) -> tuple[Callable[[Any], Finding], ...]:
    def file(engine: LocalEngine) -> Finding:
        engine.connect()
        return fine("fleet engine", f"the file of this host's fleet ({address.place}) can be read and written")

    return file, lambda _: skipped("fleet memory", "a file has no such limit"), _hosts


def _asked(engine: Any, checks: tuple[Callable[[Any], Finding], ...]) -> Iterator[Finding]:
    try:
        for check in checks:
            yield check(engine)
    except EngineRefused as error:
        mend = "see to user and password; a user of its own needs +info for the doctor, besides what is documented"
        yield fault("fleet engine", str(error), mend)
        yield from (skipped(name, "the engine refuses us") for name in CHECKS[1:])
    except EngineError as error:
        yield fault(
            "fleet engine",
            str(error),
            "start the server, and see to address and firewall; calls are served without it meanwhile",
        )
        yield from (skipped(name, "the engine can't be asked") for name in CHECKS[1:])
    finally:
        engine.close()


def _engine(address: EngineAddress, engine: RedisEngine) -> Finding:
    told = engine.info("server")
    name = "Valkey" if "valkey_version" in told else "Redis"
    version = str(told.get("valkey_version") or told.get("redis_version") or "?")
    numbers = tuple(int(each) for each in version.split(".")[:2] if each.isdigit())
    if numbers and numbers < _OLDEST:
        return fault("fleet engine", f"{name} {version} is too old", "use Redis 6.2 or later, or Valkey")
    role = engine.info("replication").get("role", "master")
    if role != "master":
        return fault("fleet engine", f"{address.place} is a {role}", "give the address of the one that is written to")
    began = clock.real_monotonic()
    engine.probe()
    seconds = clock.real_monotonic() - began
    told_of = f"{name} {version} at {address.place} runs our scripts; a round trip takes {seconds * 1000:.1f} ms"
    if not address.secure and not address.path and not is_loopback(address.host):
        return warning("fleet engine", f"{told_of}; what passes is not encrypted", "use rediss:// and a password")
    if seconds > _SLOW:
        return warning("fleet engine", told_of, "put the engine nearer: calls of others are found as slowly")
    return fine("fleet engine", told_of)


def _memory(engine: RedisEngine) -> Finding:
    told = engine.info("memory")
    policy, limit = told.get("maxmemory_policy", "noeviction"), int(told.get("maxmemory", 0))
    if limit and policy not in {"noeviction", "volatile-ttl", "volatile-lru", "volatile-lfu", "volatile-random"}:
        return fault(
            "fleet memory",
            f"with maxmemory-policy {policy} the engine forgets calls when it is full",
            "set maxmemory-policy noeviction",
        )
    return fine("fleet memory", f"{policy}; {int(told.get('used_memory', 0)) / 1e6:.1f} MB in use")


def _hosts(engine: Engine) -> Finding:
    members = [member for member, _ in engine.members()]
    hosts = Counter(member.host for member in members)
    named = ", ".join(f"{host} ({count})" for host, count in sorted(hosts.items())) or "none yet"
    keys: dict[str, set[str]] = {}
    for member in members:
        app, _, seal = member.key.rpartition("-")
        keys.setdefault(app, set()).add(seal)
    if any(len(seals) > 1 for seals in keys.values()):
        return warning(
            "fleet hosts",
            f"processes of one app have different keys, and can't take over each other's calls; hosts: {named}",
            "give all hosts one RELAY_FLEET_KEY, or one token",
        )
    if versions := sorted({member.version for member in members}):
        named += f"; relay-runtime {', '.join(versions)}"
    return fine("fleet hosts", f"hosts and their processes: {named}")
