"""Reading configuration from files: ``relay.toml``, and environment files of ``NAME=value`` lines."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from io import StringIO
from pathlib import Path
from typing import Any, Final

from dotenv.parser import parse_stream

from relay_runtime.settings.options import OPTIONS

__all__ = ["DEFAULT_FILE", "read_environment_file", "read_settings_file", "suggestion"]

DEFAULT_FILE: Final = "relay.toml"
"""The configuration file that is read, when it is there, without being named."""


def read_settings_file(path: str | Path) -> Mapping[str, Any]:
    """Return what a TOML file configures, by option name; the values are not checked yet.

    Raises:
        ValueError: the file can't be read, is no TOML, or has an unknown key; the message suggests the right one.
    """
    try:
        values = tomllib.loads(_read(path))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path} is no TOML: {error}") from None
    for key in values:
        if key not in OPTIONS:
            raise ValueError(f"{path} has an unknown key: {key}; {suggestion(key, OPTIONS)}")
    return values


def read_environment_file(path: str | Path) -> Mapping[str, str]:
    """Return the variables of an environment file: ``NAME=value`` lines, ``export`` and quotes allowed.

    Raises:
        ValueError: the file can't be read, or a line is something else; the line itself is not repeated, since it may
            hold a secret.
    """
    variables: dict[str, str] = {}
    for binding in parse_stream(StringIO(_read(path))):
        if binding.error or (binding.key is not None and binding.value is None):
            blank = len(binding.original.string) - len(binding.original.string.lstrip("\n"))
            raise ValueError(f"{path}, line {binding.original.line + blank}: not of the form NAME=value")
        if binding.key is not None and binding.value is not None:
            variables[binding.key] = binding.value
    return variables


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return what to write in place of an unknown word: the most similar one, else all that are known."""
    names = list(known)
    close = difflib.get_close_matches(word, names, n=1)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(names)}"


def _read(path: str | Path) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ValueError(f"{path} does not exist; name an existing file, or leave the option out") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is no text in UTF-8") from None
    except OSError as error:
        raise ValueError(f"{path} can't be read: {error.strerror or type(error).__name__}") from None
