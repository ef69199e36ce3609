"""The files of the page, with the headers that keep it to itself."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

__all__ = ["HEADERS", "find"]

_KINDS: Final[Mapping[str, str]] = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
HEADERS: Final = (
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("Cache-Control", "no-store"),
    ("Connection", "close"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)
"""Of every answer. Nothing that is shown can run as code, and nothing of it is kept or shown elsewhere."""


def find(path: str) -> tuple[str, bytes] | None:
    """Return the content type and the bytes of what is at a path of the page, or None."""
    return _all().get("/index.html" if path == "/" else path)


@cache
def _all() -> dict[str, tuple[str, bytes]]:
    page = files("relay_runtime.web") / "page"
    return {
        f"/{each.name}": (_KINDS[each.name.rpartition(".")[2]], each.read_bytes())
        for each in page.iterdir()
        if each.is_file()
    }
