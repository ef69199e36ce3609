"""The site, built once for all processes of a run."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

from docs_parts import DOCS

__all__ = ["build", "built_once"]


def build(docs: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Build pages as ``make docs`` does; each warning is an error."""
    command = [sys.executable, "-m", "sphinx", "-q", "-E", "-n", "-W", "--keep-going", str(docs), str(out)]
    return subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)


def built_once(folder: Path) -> Path:
    """Return where the site is built below a folder that the processes of a run share."""
    with (folder / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        site = folder / "site"
        if not site.exists():
            done = build(DOCS, site)
            assert done.returncode == 0, done.stderr
    return site
