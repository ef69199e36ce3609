"""Which engine is at an address."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from relay_runtime.fleet.engines import open_engine
from relay_runtime.fleet.local_engine import LocalEngine
from relay_runtime.fleet.redis_engine import RedisEngine
from relay_runtime.settings.engine_address import parse_address


def test_each_address_has_its_engine_which_does_nothing_yet(folder: Path) -> None:
    assert isinstance(open_engine(parse_address("redis://127.0.0.1:1")), RedisEngine)
    assert isinstance(open_engine(parse_address(f"local:{folder}")), LocalEngine)
    assert not folder.exists()


@pytest.mark.slow
def test_a_local_fleet_loads_no_redis(folder: Path) -> None:
    program = (
        "import sys\n"
        "from relay_runtime.fleet.engines import open_engine\n"
        "from relay_runtime.settings.engine_address import parse_address\n"
        "open_engine(parse_address(sys.argv[1])).connect()\n"
        "print([name for name in sys.modules if name.partition('.')[0] == 'redis'])\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, f"local:{folder}"], capture_output=True, text=True, timeout=60, check=True
    )
    assert told.stdout == "[]\n"
