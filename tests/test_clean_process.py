"""What tests of commands leave behind of the modules that were loaded meanwhile."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import clean_process
import pytest


def test_only_an_app_of_a_test_goes_also_when_the_checkout_is_temporary(monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(__file__).parents[1]
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(root.parent))
    assert clean_process._is_of_a_test(f"{root}-of-another/app.py")
    assert not clean_process._is_of_a_test(f"{root}/runtime/relay_runtime/__init__.py")
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(Path(sys.prefix).parent))
    assert not clean_process._is_of_a_test(f"{sys.prefix}/lib/pydantic/__init__.py")
