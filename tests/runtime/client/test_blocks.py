"""A client says which block it is for."""

from __future__ import annotations

import pytest

from relay_runtime import RelayClient
from relay_runtime.client.blocks import refuse_async_with


def test_async_with_is_refused_with_the_client_that_takes_it() -> None:
    with pytest.raises(TypeError, match="relay_runtime.aio.RelayClient"):
        refuse_async_with()
    assert RelayClient.__aenter__ is RelayClient.__aexit__ is refuse_async_with
