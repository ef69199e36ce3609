"""Which Pythons are here: those of PATH and of pyenv, asked what they are."""

import json
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

WANTED = ((3, 11), (3, 12), (3, 13), (3, 14))
OLDEST = WANTED[0]
PROBE_LIMIT_S = 20.0
QUESTION = """
import json, platform, sys, sysconfig
print(json.dumps({
    "implementation": platform.python_implementation(),
    "version": list(sys.version_info[:3]),
    "release": platform.python_version(),
    "without_gil": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
}))
"""
_NAME = re.compile(r"python3\.(\d+)t?")


@dataclass(frozen=True)
class Python:
    """An interpreter, as it describes itself.

    Attributes:
        program: Its file.
        implementation: `CPython` or another.
        version: Major, minor and micro version.
        release: The whole version, with what a release before the first one adds, as `3.14.0rc2`.
        without_gil: True if it was built without the global interpreter lock.
    """

    program: str
    implementation: str
    version: tuple[int, int, int]
    release: str
    without_gil: bool

    @property
    def name(self) -> str:
        """What it is called in the table."""
        other = "" if self.implementation == "CPython" else f"{self.implementation} "
        return f"{other}{self.release}{'t' if self.without_gil else ''}"

    @property
    def objection(self) -> str | None:
        """Why it is not measured, or None."""
        if self.implementation != "CPython":
            return "left out: the runtime is for CPython"
        if self.without_gil:
            return "left out: greenlets and the runtime are tested only with the global interpreter lock"
        return None


@dataclass(frozen=True)
class Choice:
    """A row of the table: a Python to measure, or why there is none.

    Attributes:
        name: What it is called.
        program: Its file; None if it is not measured.
        reason: Why it is not measured, or None.
    """

    name: str
    program: str | None = None
    reason: str | None = None


def candidates(folders: Iterable[Path]) -> list[str]:
    """Return the files in some folders that are called `python3.N` or `python3.Nt`, N being 11 or more.

    Args:
        folders: Those of PATH and the `bin` of each of pyenv's versions; a folder that is not there has none.
    """
    found = []
    for folder in folders:
        for file in sorted(folder.glob("python3.*")):
            name = _NAME.fullmatch(file.name)
            if name and int(name[1]) >= OLDEST[1]:
                found.append(str(file))
    return list(dict.fromkeys(found))


def bin_folders(path: str, pyenv: Path) -> list[Path]:
    """Return where Pythons may be.

    Args:
        path: The variable PATH.
        pyenv: pyenv's root.
    """
    return [Path(folder) for folder in path.split(":") if folder] + sorted(pyenv.glob("versions/*/bin"))


def ask(program: str) -> Python | None:
    """Return what a Python says of itself, or None if it does not run, as a shim of pyenv may not."""
    try:
        answer = subprocess.run(
            [program, "-I", "-c", QUESTION], capture_output=True, check=True, timeout=PROBE_LIMIT_S, text=True
        )
        told = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    major, minor, micro = told["version"]
    return Python(program, told["implementation"], (major, minor, micro), told["release"], told["without_gil"])


def choose(found: Sequence[Python]) -> list[Choice]:
    """Return the rows of the table, by version.

    The newest of each minor version is measured. One that is wanted and not here has a row too, and so has one that is
    left out.

    Args:
        found: All that is here, in the order in which it was found.
    """
    rows: dict[tuple[int, ...], list[Choice]] = {}
    for minor in sorted({*WANTED, *(python.version[:2] for python in found if not python.objection)}):
        fit = [python for python in found if python.version[:2] == minor and not python.objection]
        if fit:
            newest = max(fit, key=lambda python: python.version)
            rows[minor] = [Choice(newest.name, newest.program)]
        else:
            rows[minor] = [Choice(".".join(map(str, minor)), reason="not found on PATH or in pyenv")]
    for python in found:
        other = Choice(python.name, reason=python.objection)
        if python.objection and other not in rows.setdefault(python.version[:2], []):
            rows[python.version[:2]].append(other)
    return [choice for minor in sorted(rows) for choice in rows[minor]]
