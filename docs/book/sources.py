"""Pages of the code: a link out of ``docs/`` to a file or folder of the checkout leads to a page of the site.

Such a link is written as any other, ``[source](../actors/relay_actors/call/call.py#Call.play)``, so that it works in a
checkout too; its fragment, if any, is the qualified name of what is defined there. What does not exist is a warning,
and with that the end of the build.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from html import escape
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import TYPE_CHECKING, Any, Final

from docutils import nodes
from myst_parser.slugs import github_slugify
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.util import ClassNotFound
from sphinx.util import logging

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["setup"]

ROOT: Final = Path(__file__).resolve().parents[2]
SCHEME: Final = "code:"
_OUT: Final = re.compile(r"(?<=\]\()\.\./[^)\s]*")
_FENCED: Final = re.compile(r"^(`{3,})[^\n]*\n.*?^\1$", re.DOTALL | re.MULTILINE)

_log = logging.getLogger(__name__)


def marked(_app: Sphinx, docname: str, source: list[str]) -> None:
    """Give each link that leads out of ``docs/`` the scheme that is known here, but in blocks of code."""
    folder = PurePosixPath("docs", docname).parent

    def mark(link: re.Match[str]) -> str:
        path = normpath(folder / link[0])
        return link[0] if path.startswith("docs/") else SCHEME + path

    text, parts, at = source[0], [], 0
    for block in [*_FENCED.finditer(text), None]:
        end = len(text) if block is None else block.start()
        parts += [_OUT.sub(mark, text[at:end]), block[0] if block else ""]
        at = block.end() if block else end
    source[0] = "".join(parts)


def resolved(app: Sphinx, doctree: nodes.document) -> None:
    """Have the links of a page lead to pages of the code, which are noted."""
    docname = app.env.current_document.docname
    for link in doctree.findall(nodes.reference):
        uri = link.get("refuri", "")
        if uri.startswith(SCHEME):
            path, _, name = uri.removeprefix(SCHEME).partition("#")
            if path.startswith(("..", "/")) or not (ROOT / path).exists():
                _log.warning("there is no %s in the checkout", path, location=link)
                continue
            if name and name not in _names(ROOT / path):
                _log.warning("%s defines no %s", path, name, location=link)
            _noted(app).setdefault(docname, set()).add(path)
            link["refuri"] = app.builder.get_relative_uri(docname, f"code/{path}") + (f"#{name}" if name else "")


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield a page for each file and folder that a page links to, and for what is in such a folder."""
    linked = {path for paths in _noted(app).values() for path in paths}
    for folder in sorted(path for path in linked if (ROOT / path).is_dir()):
        files = _files(ROOT / folder)
        linked.update(f"{folder}/{each}" for each in files)
        name = escape(folder.rpartition("/")[2])
        rows = "".join(f'<li><a href="{name}/{escape(each)}.html">{escape(each)}</a></li>' for each in files)
        yield f"code/{folder}", _page(folder, f"<ul>{rows}</ul>"), "page.html"
    for path in sorted(path for path in linked if (ROOT / path).is_file()):
        yield f"code/{path}", _page(path, _listing(ROOT / path)), "page.html"


def _page(path: str, body: str) -> dict[str, Any]:
    return {"title": path, "body": f"<section><h1>{escape(path)}</h1>{body}</section>", "parents": []}


def _files(folder: Path) -> list[str]:
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(str(path) for path in found if not any(part.startswith((".", "__py")) for part in path.parts))


def _listing(path: Path) -> str:
    """Return a file as highlighted HTML, with an anchor at each definition."""
    try:
        lexer = get_lexer_for_filename(path.name)
    except ClassNotFound:
        lexer = TextLexer()
    lines = highlight(path.read_text(encoding="utf-8"), lexer, HtmlFormatter(nowrap=True)).splitlines()
    for name, line in _names(path).items():
        lines[line - 1] = f'<span id="{name}"></span>{lines[line - 1]}'
    return '<div class="highlight"><pre>' + "\n".join(lines) + "</pre></div>"


@cache
def _names(path: Path) -> dict[str, int]:
    """Return the qualified names that a Python file defines, or the anchors of the headings of a page; with lines."""
    found: dict[str, int] = {}

    def walk(parent: ast.AST, prefix: str) -> None:
        for node in ast.iter_child_nodes(parent):
            for name in _defined(node):
                found.setdefault(prefix + name, node.lineno)  # type: ignore[attr-defined] - all of these are statements
            if isinstance(node, ast.ClassDef):
                walk(node, f"{prefix}{node.name}.")

    text = path.read_text(encoding="utf-8") if path.suffix in {".py", ".md"} else ""
    if path.suffix == ".py":
        walk(ast.parse(text), "")
    elif path.suffix == ".md":
        text = _FENCED.sub(lambda block: "\n" * block[0].count("\n"), text)  # a comment in code is no heading
        headings = ((number, line) for number, line in enumerate(text.splitlines(), 1) if line.startswith("#"))
        found = {github_slugify(line.lstrip("# ")): number for number, line in headings}
    return found


def _defined(node: ast.AST) -> list[str]:
    """Return the names that a statement defines."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _noted(app: Sphinx) -> dict[str, set[str]]:
    """Return what each page links to, which lasts from one build to the next."""
    if not hasattr(app.env, "linked_code"):
        app.env.linked_code = {}  # type: ignore[attr-defined] - Sphinx pickles what extensions add
    return app.env.linked_code  # type: ignore[attr-defined, no-any-return]


def forget(app: Sphinx, _env: Any, docname: str) -> None:
    """Forget what a page that is read anew has linked to."""
    _noted(app).pop(docname, None)


def setup(app: Sphinx) -> dict[str, Any]:
    """Have Sphinx make pages of the code."""
    app.connect("source-read", marked)
    app.connect("doctree-read", resolved)
    app.connect("env-purge-doc", forget)
    app.connect("html-collect-pages", pages)
    return {"env_version": 1, "parallel_read_safe": False, "parallel_write_safe": True}
