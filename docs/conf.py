"""How Sphinx builds the site from the pages of this folder: ``make docs`` (docs/decisions/0019)."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
PROJECT = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = PROJECT["name"]
author = "the relay-runtime authors"
version = release = PROJECT["version"]
copyright = ""  # noqa: A001 - Sphinx' name; LICENSE has it

extensions = ["myst_parser", "book.navigation", "book.sources"]
exclude_patterns = ["_build"]
myst_heading_anchors = 6  # the anchors that GitHub gives headings, which the pages link to
myst_enable_extensions = ["html_image"]  # an <img> with a width is an image of the page
myst_url_schemes = {"http": None, "https": None, "code": None}  # code: is of book.sources

html_theme = "furo"
html_title = f"{project} {version}"
html_static_path = ["book/static"]
html_css_files = ["book.css"]
html_js_files = [("book.js", {"defer": "defer"})]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
