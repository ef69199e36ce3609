"""What axe finds wrong with the site: nothing, wide and narrow, light and dark; and its search finds names."""

from __future__ import annotations

from pathlib import Path

import pytest
from built_site import built_once
from playwright.sync_api import Browser, expect

from .test_accessible import violations

pytestmark = [pytest.mark.slow, pytest.mark.proof, pytest.mark.timeout(600)]
PAGES = ("index", "learn/02-menu", "how/call", "reference/call", "performance", "cli")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_once(tmp_path_factory.getbasetemp().parent)


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(chromium: Browser, site: Path, name: str, scheme: str, width: int) -> None:
    context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})  # type: ignore[arg-type]
    page = context.new_page()
    page.goto((site / f"{name}.html").as_uri())
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


def test_search_finds_a_name_without_a_server(chromium: Browser, site: Path) -> None:
    page = chromium.new_page()
    page.goto((site / "search.html").as_uri() + "?q=max_active_calls")
    expect(page.locator("#search-results li").first).to_be_visible()
    page.close()
