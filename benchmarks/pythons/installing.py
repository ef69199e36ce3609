"""A virtual environment for each Python, below `.venv`, with the wheel and what the benchmark needs."""

import json
import re
import subprocess
import sys
from pathlib import Path

from benchmarks.processes import ROOT
from benchmarks.results import DISTRIBUTIONS

FOLDER = ROOT / ".venv" / "pythons"
LIMIT_S = 600.0
# Wheels only: to compile gevent for a Python that has none takes longer than the whole run, and is another gevent.
INSTALL = ("install", "--quiet", "--disable-pip-version-check", "--no-input", "--only-binary", ":all:")
VERSIONS = """
import json, sys
from importlib.metadata import PackageNotFoundError, version
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = version(name)
    except PackageNotFoundError:
        pass
print(json.dumps(found))
"""


class NotInstalled(Exception):
    """A Python can't be made ready; the message says why."""


def last_error(output: str) -> str:
    """Return what pip or venv said last of what went wrong, without paths and addresses, or `no reason was given`."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")] or lines
    return re.sub(r"\S*/\S*", "…", errors[-1]) if errors else "no reason was given"


def _run(what: str, *command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, cwd=ROOT, check=False)
    except subprocess.TimeoutExpired:
        raise NotInstalled(f"{what}: not done within {LIMIT_S:.0f} s") from None
    except OSError as error:
        raise NotInstalled(f"{what}: {error.strerror}") from None
    if done.returncode:
        raise NotInstalled(f"{what}: {last_error(done.stderr or done.stdout)}")
    return done.stdout


def install(name: str, program: str, wheel: Path) -> str:
    """Return the Python of a virtual environment that has the wheel. Blocks for up to some minutes.

    Args:
        name: The version, after which the environment's folder is named; one that is there is used again.
        program: The Python to make it of.
        wheel: The wheel of relay-runtime, whose extra `bench` is installed too.

    Raises:
        NotInstalled: It can't be made, or some package has no wheel for this Python.
    """
    folder = FOLDER / name
    python = str(folder / "bin" / "python")
    if not Path(python).exists():
        _run("no virtual environment can be made", program, "-m", "venv", "--without-pip", str(folder))
    # By the pip of this Python: not every Python has one of its own, as Debian's has not.
    pip = (sys.executable, "-m", "pip", "--python", python, *INSTALL)
    _run("its packages can't be installed", *pip, f"{wheel}[bench]")
    # Again: a wheel of the same version that was installed before is not this one.
    _run("the wheel can't be installed", *pip, "--force-reinstall", "--no-deps", str(wheel))
    return python


def versions(python: str) -> dict[str, str]:
    """Return the versions of what the figures depend on, in an environment."""
    told: dict[str, str] = json.loads(
        _run("it does not tell its packages", python, "-I", "-c", VERSIONS, *DISTRIBUTIONS)
    )
    return told
