"""The program of the page about metrics: what it registers is exposed."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from walkthrough import block_with

from relay_runtime import RelayClient

PAGE = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
PROGRAM = block_with(PAGE, "REGISTRY.register(RelayCollector(")


def test_the_collector_of_the_page_exposes_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = CollectorRegistry()
    monkeypatch.setattr(REGISTRY, "register", registry.register)
    exec(PROGRAM, {"client": RelayClient(project="P", token="T", contexts=["office"])})
    exposed = generate_latest(registry).decode()
    assert "relay_clients 1.0" in exposed
    assert "relay_connection_up 0.0" in exposed
    assert "relay_hub_lag_seconds" in exposed
