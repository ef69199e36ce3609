"""The public face of the package."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import relay_runtime

ROOT = Path(__file__).parents[2]
PROMISED = {
    "ActorStatus": "relay_actors.kit.child",
    "CallObserver": "relay_actors.call.observer",
    "CallStatus": "relay_actors.telemetry.status",
    "CallTracer": "relay_runtime.watch.tracing",
    "CallsStatus": "relay_actors.telemetry.status",
    "ConnectionStatus": "relay_actors.telemetry.status",
    "HubLag": "relay_runtime.watch.hub_lag",
    "MetricSamples": "relay_runtime.metrics",
    "QueuesStatus": "relay_actors.telemetry.status",
    "RelayCollector": "relay_runtime.metrics",
    "Status": "relay_actors.telemetry.status",
    "Timing": "relay_actors.timing",
    "exposition": "relay_runtime.metrics",
    "merged": "relay_runtime.metrics",
    "not_ready": "relay_runtime.process.health",
    "running_actor": "relay_actors.kit.turns",
    "samples": "relay_runtime.metrics",
}
"""Names that docs and examples have promised by the path of their module, and where each lives."""

OLD_PATHS = (
    "relay_actors.call_observer",
    "relay_actors.status",
    "relay_actors.turns",
    "relay_runtime.health",
    "relay_runtime.hub_lag",
    "relay_runtime.tracing",
)
SHOWN_TO_USERS = (
    *ROOT.glob("*.md"),
    *(page for page in ROOT.glob("docs/**/*.md") if "decisions" not in page.parts),
    *(each for each in ROOT.glob("examples/**/*") if each.suffix in {".py", ".md", ".toml"}),
    *ROOT.glob("deploy/**/*.md"),
)
LOADED = "print(sorted({'ssl', 'gevent', 'socket', 'opentelemetry', 'prometheus_client'} & set(sys.modules)))"


def run(program: str) -> subprocess.CompletedProcess[str]:
    """Run a program by an interpreter of its own."""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)


def test_every_public_name_can_be_had() -> None:
    for name in dir(relay_runtime):
        assert getattr(relay_runtime, name) is not None


def test_no_public_name_is_listed_twice() -> None:
    assert len(dir(relay_runtime)) == len(set(dir(relay_runtime)))


def test_dir_lists_the_public_names() -> None:
    assert set(relay_runtime.__all__) <= set(dir(relay_runtime))


def test_an_unknown_name_is_an_attribute_error() -> None:
    for name in ("RelayClinet", "ClickEvent", "CALL_STATE_ASLEEP"):
        with pytest.raises(AttributeError, match=name):
            getattr(relay_runtime, name)


@pytest.mark.parametrize(("name", "home"), PROMISED.items())
def test_a_promised_name_is_in_the_face_and_is_the_one_of_its_home(name: str, home: str) -> None:
    assert name in dir(relay_runtime)
    assert getattr(relay_runtime, name) is getattr(import_module(home), name)


@pytest.mark.parametrize("path", OLD_PATHS)
def test_an_old_path_keeps_no_alias(path: str) -> None:
    with pytest.raises(ModuleNotFoundError):
        import_module(path)


@pytest.mark.slow
def test_users_are_shown_a_public_name_by_no_path_but_that_of_a_face() -> None:
    names = "|".join(map(re.escape, dir(relay_runtime)))
    deep = re.compile(
        rf"\brelay_(?:actors|runtime)\.(?!sandbox|aio\b)\w[\w.]*(?:\.| import (?:[\w, ]+, )?)(?:{names})\b"
    )
    # CHANGELOG may: it says where each went.
    found = {page.name: deep.findall(page.read_text()) for page in SHOWN_TO_USERS if page.name != "CHANGELOG.md"}
    assert {page: paths for page, paths in found.items() if paths} == {}


def test_the_changelog_says_where_each_promised_name_went() -> None:
    moves = (ROOT / "CHANGELOG.md").read_text()
    for name, home in PROMISED.items():
        assert re.search(rf"^\|.*\b{name}\b.*`{home}`|^\|.*{home}.*\b{name}\b.*stayed", moves, re.MULTILINE), name
    for path in OLD_PATHS:
        assert f"`{path}" in moves


def test_importing_the_face_loads_neither_ssl_nor_gevent_nor_what_watches() -> None:
    assert run(f"import relay_runtime, sys; {LOADED}").stdout == "[]\n"


@pytest.mark.slow
def test_the_names_of_the_fleet_load_nothing_of_its_extra() -> None:
    program = (
        "from relay_runtime import FleetError, FleetSettings, FleetStatus, FleetTimeout, RelayClient; import sys; "
    )
    loaded = "print(FleetSettings.at('redis://host').address.host, {'redis', 'cryptography'} & set(sys.modules))"
    assert run(program + loaded).stdout == "host set()\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "said"),
    [
        (
            "from relay_runtime import RelayClient",
            "RelayClient can't be loaded: module 'os' has no attribute 'register_at_f",
        ),
        ("import relay_runtime; relay_runtime.CallActor", "CallActor can't be loaded: module 'os' has no attribute"),
        ("import relay_runtime; hasattr(relay_runtime, 'run')", "run can't be loaded: module 'os' has no attribute"),
        ("from relay_runtime import *", "can't be loaded: module 'os' has no attribute 'register_at_fork'"),
        (
            "from relay_runtime.aio import RelayClient",
            "AttributeError: module 'os' has no attribute 'register_at_fork'",
        ),
        ("from relay_runtime import aio", "AttributeError: module 'os' has no attribute 'register_at_fork'"),
    ],
)
def test_what_a_platform_lacks_is_named_and_not_the_name_that_was_asked_for(program: str, said: str) -> None:
    done = run(f"import os; del os.register_at_fork; {program}")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert said in last
    assert "cannot import name" not in last


@pytest.mark.slow
@pytest.mark.parametrize(
    "program", ["from relay_runtime import RelayClient", "from relay_runtime.aio import RelayClient"]
)
def test_a_module_that_is_missing_is_named(program: str) -> None:
    done = run(f"import sys; sys.modules['msgspec'] = None; {program}")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("ModuleNotFoundError: import of msgspec")


@pytest.mark.slow
def test_without_its_extra_the_tracer_says_what_to_install_and_all_else_is_there() -> None:
    without = "import sys; sys.modules['opentelemetry'] = None; from relay_runtime import "
    assert run(f"{without} *; print(RelayClient)").returncode == 0
    done = run(f"{without} CallTracer")
    assert done.returncode == 1
    assert "pip install 'relay-runtime[otel]'" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("module", ["redis", "cryptography"])
def test_without_its_extra_a_fleet_says_what_to_install_and_a_client_without_one_needs_nothing(module: str) -> None:
    without = f"import sys; sys.modules['{module}'] = None; from relay_runtime import RelayClient; "
    made = "RelayClient(project='p', token='t', host='ws://127.0.0.1:1'{})"
    assert run(without + made.format("")).returncode == 0
    done = run(f"{without}{made.format(', fleet=' + repr('redis://127.0.0.1:1'))}.connect(timeout=5)")
    assert done.returncode == 1
    assert f"a fleet needs {module}" in done.stderr
    assert done.stderr.splitlines()[-1].endswith("pip install 'relay-runtime[fleet]'")


def test_no_room_has_the_name_of_something_that_is_public() -> None:
    """Once a room was imported, its module would stand in the place of that."""
    rooms = {path.stem for path in (ROOT / "runtime/relay_runtime").iterdir()}
    assert rooms & {*relay_runtime.__all__} == set()
