"""Faults of whole processes: `relay-runtime start`, alone and with workers, against a sandbox in this process.

python -m proof.processes           play all, print what came of them
python -m proof.processes WORD …    play those whose name has one of the words

`python -m proof.matrix` plays them behind the others and writes them to docs/reliability.md.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from loguru import logger

from proof.process_faults import PROCESS_FAULTS, ProcessFault
from proof.scene import Scene

__all__ = ["play_processes", "process_mistakes", "process_report"]

Played = dict[ProcessFault, "tuple[Scene, list[str]]"]
_HEAD = ("fault", "process", "callers before", "callers afterwards", "SIGTERM to the end", "exit code", "left up")


def play_processes(faults: Iterable[ProcessFault]) -> Played:
    """Play faults, one at a time; return the scene of each, and what does not hold."""
    return {fault: _play(fault) for fault in faults}


def _play(fault: ProcessFault) -> tuple[Scene, list[str]]:
    with Scene(fault.arguments, workers=fault.workers, resume_window=fault.resume_window) as scene:
        mistakes: list[str] = []
        try:
            fault.play(scene)
        except AssertionError as error:
            mistakes.append(str(error))
        mistakes += [
            f"{what}: {found}, not {wanted}"
            for what, found, wanted in (
                ("exit code", scene.code, fault.code),
                ("calls left up", scene.left_up, fault.left_up),
            )
            if not mistakes and found != wanted
        ]
        return scene, mistakes


def process_mistakes(played: Played) -> dict[str, list[str]]:
    """Return what does not hold, by fault."""
    return {fault.name: mistakes for fault, (_, mistakes) in played.items() if mistakes}


def process_report(played: Played) -> str:
    """Return the table as Markdown, what came of it in a sentence, and the mistakes if there are any."""
    lines = ["| " + " | ".join(_HEAD) + " |", "|---" * len(_HEAD) + "|"]
    for fault, (scene, mistakes) in played.items():
        process = "alone" if fault.workers == 0 else f"{fault.workers} workers"
        end = "-" if scene.seconds is None else f"{scene.seconds:.1f} s"
        code = "**wrong**" if mistakes else "killed" if scene.code is None else str(scene.code)
        cells = (fault.name, process, scene.before, scene.afterwards, end, code, scene.left_up)
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    wrong = process_mistakes(played)
    lines += ["", f"{len(played)} faults of whole processes; {len(wrong)} wrong."]
    return "\n".join([*lines, *(f"- {name}: {'; '.join(found)}" for name, found in wrong.items())])


def main() -> int:
    """Play the faults that are named, or all; the exit code is 1 when anything is wrong."""
    logger.remove()
    words = sys.argv[1:]
    played = play_processes(f for f in PROCESS_FAULTS if not words or any(word in f.name for word in words))
    print(process_report(played))
    return 1 if process_mistakes(played) else 0


if __name__ == "__main__":
    sys.exit(main())
