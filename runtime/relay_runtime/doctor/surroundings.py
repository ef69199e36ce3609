"""What a process runs on: Python, packages, the event loop, and whether the patch came first."""

from __future__ import annotations

import platform
import ssl
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from typing import Final

import gevent
from gevent import monkey, subprocess
from gevent.hub import get_hub
from packaging.requirements import InvalidRequirement, Requirement

from relay_runtime.doctor.finding import Finding, fault, fine, warning

__all__ = ["look_at_packages", "look_at_surroundings"]

_OLDEST: Final = (3, 11)
_DISTRIBUTION: Final = "relay-runtime"
_PATCHED: Final = ("os", "queue", "select", "signal", "socket", "ssl", "subprocess", "threading", "time")
_TOO_EARLY: Final = ("ssl", "urllib3", "requests", "http.client", "asyncio")
"""What keeps blocking sockets, or a TLS context of them, when it is loaded before the patch."""
_PATIENCE: Final = 20.0  # seconds for a fresh interpreter


def look_at_surroundings() -> Iterator[Finding]:
    """Give a finding for each check, as it ends. Blocks the current greenlet for a second or so."""
    yield _python()
    yield look_at_packages(_requirements())
    yield _event_loop()
    yield _patch()
    yield _early_imports()


def _python() -> Finding:
    version = platform.python_version()
    if sys.version_info < _OLDEST:
        return fault("python", f"Python {version} is too old", f"install Python {'.'.join(map(str, _OLDEST))} or newer")
    return fine("python", f"Python {version}, {ssl.OPENSSL_VERSION}, on {platform.system()}")


def _requirements() -> list[str]:
    try:
        return metadata.requires(_DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return []


def look_at_packages(requirements: Iterable[str]) -> Finding:
    """Compare what is installed with what is required.

    Args:
        requirements: as a package states them.
    """
    wrong, found = [], []
    for text in requirements:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue  # an optional extra, or another platform
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        found.append(f"{requirement.name} {version}")
        if not requirement.specifier.contains(version, prereleases=True):
            wrong.append(f"{requirement.name} {version} is installed, {requirement.specifier} is required")
    if wrong:
        return fault(
            "packages", "; ".join(wrong), f"pip install --upgrade {_DISTRIBUTION}, in the environment of the app"
        )
    if not found:
        return warning(
            "packages", f"{_DISTRIBUTION} is not installed as a package", "install it by pip, so that its versions fit"
        )
    return fine("packages", ", ".join(found))


def _event_loop() -> Finding:
    hub = get_hub()
    resolver = type(hub.resolver).__module__.rpartition(".")[2]
    kind = type(hub.loop).__module__.partition(".")[2].partition(".")[0]
    return fine("event loop", f"gevent {gevent.__version__}, {kind} by {hub.loop.backend}, names by {resolver}")


def _patch() -> Finding:
    missing = [name for name in _PATCHED if not monkey.is_module_patched(name)]
    if missing:
        return fault(
            "patch",
            f"not patched by gevent: {', '.join(missing)}; a call that waits there holds up all others",
            "start it by the relay-runtime command, or call gevent.monkey.patch_all() before any other import",
        )
    return fine("patch", f"gevent has patched {', '.join(_PATCHED)}")


def _early_imports() -> Finding:
    """See what a fresh interpreter has loaded before any program gets its turn: .pth files, sitecustomize."""
    program = f"import sys; print(*[name for name in {_TOO_EARLY!r} if name in sys.modules])"
    try:
        answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=_PATIENCE)
    except (OSError, subprocess.TimeoutExpired) as error:
        return warning(
            "patch order", f"a fresh interpreter could not be asked: {error}", "see whether python -c 1 works"
        )
    early = answer.stdout.split()
    if early:
        return fault(
            "patch order",
            f"Python itself loads {', '.join(early)} before any program can patch",
            "a .pth file, sitecustomize or usercustomize does so (python -v -c 1 shows which): take the import out",
        )
    return fine("patch order", "nothing is loaded before the patch that must not be")
