"""What asks for a look in where settings stand: secrets in files that others can read, and a server chosen by nobody.

A configuration file is read from the current directory without being named, and a directory may be somebody else's: a
file in it must not lead a token elsewhere that is not its own without a word.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import Final

import msgspec

from relay_runtime.settings.config import Config, Setting

__all__ = ["Caution", "cautions"]

_CREDENTIALS: Final = ("token", "jwt_token")
_LEADING: Final = ("host", "ca_file")
"""What decides who gets a token: the server, and the authorities by which it shows who it is."""


class Caution(msgspec.Struct, frozen=True):
    """Something that asks for a look.

    Attributes:
        says: what it is, without secrets.
        mend: what to do about it.
    """

    says: str
    mend: str


def cautions(config: Config) -> Iterator[Caution]:
    """Give what asks for a look. Looks at the files that the settings come from."""
    yield from _exposed(config)
    yield from _led(config)


def _exposed(config: Config) -> Iterator[Caution]:
    held: dict[str, list[str]] = {}
    for each in config:
        if each.file and each.secret:
            held.setdefault(each.file, []).append(each.option.name)
    for file, names in held.items():
        if _is_readable_by_others(file):
            yield Caution(f"others can read {file}, which holds {' and '.join(names)}", f"chmod 600 {file}")


def _led(config: Config) -> Iterator[Caution]:
    leading = [each for each in map(config.setting, _LEADING) if each.unasked and each.value]
    foreign = [each for each in map(config.setting, _CREDENTIALS) if each.value and not each.unasked]
    if leading and foreign:
        yield Caution(
            f"{_named(leading)}, which nobody named, decides where the secret of {_named(foreign)} goes: "
            f"to {config['host']}",
            f"if that is meant, name the file: --config {leading[0].file}",
        )


def _named(settings: list[Setting]) -> str:
    return " and ".join(each.origin for each in settings)


def _is_readable_by_others(file: str) -> bool:
    try:
        mode = os.stat(file).st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) and bool(mode & (stat.S_IRGRP | stat.S_IROTH))
