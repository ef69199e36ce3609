"""Reads one request of the control port: its path, its query, and a body that is JSON."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec

__all__ = ["ProblemError", "Request"]

_LARGEST_BODY: Final = 16 * 1024 * 1024
_SECONDS: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9}")
_NUMBER: Final = re.compile(r"[0-9]{1,18}")
_CHANGING: Final = frozenset({"POST", "PUT", "DELETE"})
"""Methods that change something: a web page can send none of them as JSON without asking first, which is refused."""


class ProblemError(Exception):
    """A request that can't be served; ``status`` is its HTTP status line."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Request:
    """One request of the control port.

    Args:
        environ: its WSGI environment.
    """

    def __init__(self, environ: dict[str, Any]) -> None:
        self.method: str = environ["REQUEST_METHOD"]
        self.path: str = environ.get("PATH_INFO", "/").rstrip("/") or "/"
        self.query = {key: values[-1] for key, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        self.body: dict[str, Any] = self._read(environ) if self.method in _CHANGING else {}

    def _read(self, environ: dict[str, Any]) -> dict[str, Any]:
        if environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != "application/json":
            raise ProblemError(
                "415 Unsupported Media Type", "send JSON, with the header Content-Type: application/json"
            )
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > _LARGEST_BODY:
            raise ProblemError("413 Content Too Large", f"a body may have {_LARGEST_BODY} bytes at most")
        raw = environ["wsgi.input"].read(length) if length else b""
        if not raw and self.method == "DELETE":
            return {}
        if not raw:
            raise ProblemError("400 Bad Request", "a body is needed, {} at least, with the header Content-Length")
        try:
            body = msgspec.json.decode(raw)
        except (msgspec.DecodeError, RecursionError) as error:
            raise ProblemError("400 Bad Request", f"the body is not JSON: {error}") from None
        if not isinstance(body, dict):
            raise ProblemError("400 Bad Request", "the body must be a JSON object")
        return body

    def accept(self, names: Iterable[str]) -> None:
        """Do nothing if every key, of the body and of the query, is one of some names.

        Raises:
            ProblemError: one is not; the text says which, what is accepted, and what may have been meant.
        """
        known = sorted(names)
        for key in (*self.query, *self.body):
            if key not in known:
                near = difflib.get_close_matches(key, known, 1, 0.7)
                meant = f"did you mean {near[0]!r}? " if near else ""
                accepted = f"accepted are {', '.join(known)}" if known else "none is accepted"
                raise ProblemError("400 Bad Request", f"there is no key {key!r} here; {meant}{accepted}")

    def seconds(self, name: str, most: float) -> float | None:
        """Return a time in the query, which is cut to ``most`` seconds; None when it is not there.

        Raises:
            ProblemError: it is no number of 0 or more.
        """
        text = self.query.get(name)
        if text is None:
            return None
        if not _SECONDS.fullmatch(text):
            raise ProblemError("400 Bad Request", f"{name} must be a number of seconds from 0 to {most:g}")
        return min(float(text), most)

    def number(self, name: str) -> int:
        """Return a whole number in the query, 0 when it is not there.

        Raises:
            ProblemError: it is none of 0 or more.
        """
        text = self.query.get(name, "0")
        if not _NUMBER.fullmatch(text):
            raise ProblemError("400 Bad Request", f"{name} must be a whole number of 0 or more")
        return int(text)

    def take(self, name: str, kind: Any = str, default: Any = None) -> Any:
        """Return a field of the body.

        Raises:
            ProblemError: it is missing and has no default, or is of another type.
        """
        value = self.body.get(name, default)
        if value is None and default is None and name not in self.body:
            raise ProblemError("400 Bad Request", f"the field {name!r} is missing")
        if not isinstance(value, kind) and value is not default:
            raise ProblemError("400 Bad Request", f"the field {name!r} must be {_NAMES.get(kind, 'a number')}")
        return value


_NAMES: Final[dict[Any, str]] = {str: "a text", list: "a list", dict: "an object", bool: "true or false"}
