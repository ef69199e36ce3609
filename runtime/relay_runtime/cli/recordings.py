"""Recording the calls of a process, as its settings say."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from relay_runtime.cli.failure import Failure
from relay_runtime.process.process import ExitCode
from relay_runtime.recording.recorder import Recordable, Recorder
from relay_runtime.settings.config import Config
from relay_runtime.settings.private_directory import own_directory

__all__ = ["check_recordings", "recorded"]


def check_recordings(config: Config) -> None:
    """Do nothing if calls can be recorded as the settings say, or are not to be; the directory is there then.

    Raises:
        Failure: they can't be.
    """
    if config["record"] is not None:
        try:
            own_directory(Path(config["record"]), "recordings")
        except ValueError as error:
            raise Failure(ExitCode.BAD_CONFIG, f"{config.origin('record')}: {error}") from None
        return
    for name in ("keep_words", "mask_digits"):
        if config[name]:
            raise Failure(ExitCode.USAGE, f"{config.origin(name)} is about recordings: give --record DIR too")


def recorded(config: Config, client: Recordable) -> ExitStack:
    """Return a context in which the calls of a client are recorded, if they are to be.

    Raises:
        Failure: they can't be.
    """
    check_recordings(config)
    stack = ExitStack()
    if config["record"] is not None:
        recorder = Recorder(
            client, config["record"], keep_words=config["keep_words"], mask_digits=config["mask_digits"]
        )
        stack.enter_context(recorder)
    return stack
