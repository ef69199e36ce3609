"""What axe finds wrong with the page: nothing, idle and in a call, light and dark, wide and narrow."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from .conftest import Phone
from .test_page import call, dial, press

pytestmark = [pytest.mark.slow, pytest.mark.proof]


def violations(page: Page) -> list[str]:
    found = Axe().run(page)
    return [f"{each['id']}: {node['html']}" for each in found.response["violations"] for node in each["nodes"]]


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(phone: Phone, scheme: str, width: int) -> None:
    page = phone.open(color_scheme=scheme, viewport={"width": width, "height": 900})
    assert violations(page) == []
    dial(page)
    press(page, "2")
    press(page, "3")
    expect(page.locator("#ringing .ring")).to_be_visible()
    expect(page.locator("#messages")).to_contain_text("delivered")
    assert violations(page) == []
    if width < 900:
        page.get_by_role("button", name="Live").click()
    page.locator("#live-calls button").first.click()
    page.locator("#frames summary").last.click()
    assert violations(page) == []
    if width < 900:
        page.get_by_role("button", name="Phone").click()
    page.locator("#ringing").get_by_role("button", name="Decline").click()
    press(page, "9")
    expect(call(page).locator("details")).to_be_visible()
    page.get_by_role("button", name="Send").click()
    assert violations(page) == []
