"""The order in which the site has its pages.

It stands here, and not as directives in the pages, so that these are plain Markdown wherever they are read. A page
that has no place here fails the build.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["PARTS", "setup"]

PARTS: Final = {
    "index": {
        "Learn": ("learn/README",),
        "Guides": (
            *("testing", "phone", "sandbox", "asyncio", "embedding", "campaign", "recording", "migrating"),
            *("cli", "deploy", "fleet", "networks", "logging", "metrics", "traces"),
        ),
        "How it works": ("how/README", "semantics", "protocol", "reliability", "performance"),
        "Reference": ("reference/README",),
        "Project": ("compare", "adding-a-verb", "decisions/README"),
    },
    "learn/README": {"": ("learn/[0-9]*",)},
    "how/README": {
        "": (
            "how/rooms",
            "how/actors",
            "how/call",
            "how/event",
            "how/command",
            "how/lost-connection",
            "how/killed-process",
        )
    },
    "reference/README": {"": ("reference/*",)},
    "decisions/README": {"": ("decisions/[0-9]*",)},
}
"""From a page to the parts below it, each with its caption and its pages."""


def with_parts(_app: Sphinx, docname: str, source: list[str]) -> None:
    """Add the parts below a page to its text, as it is read."""
    for caption, pages in PARTS.get(docname, {}).items():
        paths = "\n".join(f"/{page}" for page in pages)
        title = f":caption: {caption}\n" if caption else ""
        source[0] += f"\n\n```{{toctree}}\n:hidden:\n:glob:\n{title}\n{paths}\n```\n"


def setup(app: Sphinx) -> dict[str, bool]:
    """Have Sphinx ask for the parts of a page."""
    app.connect("source-read", with_parts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
