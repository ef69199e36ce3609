"""What the tutorial shows of unit, image, manifest and alerts, as far as it can be looked at without engines."""

from __future__ import annotations

import re
import subprocess
import sysconfig
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from walkthrough import blocks

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "learn" / "10-deploy.md").read_text(encoding="utf-8")
BLOCKS = list(blocks(PAGE))
MANIFEST: list[dict[str, Any]] = list(
    yaml.safe_load_all((ROOT / "deploy" / "kubernetes" / "relay-app.yaml").read_text())
)


def text_of(language: str) -> str:
    (text,) = (block.text for block in BLOCKS if block.language == language)
    return text


WATCHING = (ROOT / "docs" / "learn" / "11-watching.md").read_text(encoding="utf-8")
(ALERTS,) = (block.text for block in blocks(WATCHING) if block.language == "yaml")
UNIT, POD, IMAGE = map(text_of, ("ini", "yaml", "dockerfile"))


def test_the_lines_of_the_unit_are_those_of_the_unit_that_is_tested() -> None:
    unit = (ROOT / "deploy" / "systemd" / "relay-app.service").read_text().splitlines()
    assert [line for line in UNIT.splitlines() if line not in unit] == []


def test_what_it_shows_of_the_manifest_stands_there() -> None:
    (deployment,) = (each["spec"] for each in MANIFEST if each["kind"] == "Deployment")
    pod = deployment["template"]["spec"]
    (container,) = pod["containers"]
    shown = yaml.safe_load(POD)
    found = {"replicas": deployment["replicas"], "rollingUpdate": deployment["strategy"]["rollingUpdate"]}
    found["terminationGracePeriodSeconds"] = pod["terminationGracePeriodSeconds"]
    found |= {name: {"httpGet": container[name]["httpGet"]} for name in ("livenessProbe", "readinessProbe")}
    assert shown == {**found, "lifecycle": container["lifecycle"]}


def test_hadolint_finds_nothing_in_its_image(tmp_path: Path) -> None:
    hadolint = Path(sysconfig.get_path("scripts")) / "hadolint"
    if not hadolint.exists():
        pytest.skip("hadolint is not installed; it is in the extra 'test' where there is a build of it")
    file = tmp_path / "Containerfile"
    file.write_text(IMAGE)
    done = subprocess.run([hadolint, str(file)], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_its_image_has_the_files_of_the_page_and_the_version_of_this_package() -> None:
    image = IMAGE
    (copied,) = re.findall(r"^COPY (.+) \./$", image, re.MULTILINE)
    assert set(copied.split()) <= {block.file for block in BLOCKS}
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"].get("version")
    installed = set(re.findall(r"relay_runtime-([\d.]+)-py3-none-any\.whl", image))
    assert len(installed) == 1
    assert version is None or installed == {version}
    assert re.search(r"^USER [1-9]\d{3,}:[1-9]\d{3,}$", image, re.MULTILINE)


def test_whoever_stops_it_waits_for_longer_than_its_drain() -> None:
    (drain,) = re.findall(r"^drain_timeout = (\d+)$", PAGE, re.MULTILINE)
    stops = [int(found) for found in re.findall(r"(?:TimeoutStopSec=|--time |GracePeriodSeconds: )(\d+)", PAGE)]
    assert len(stops) == 3
    assert min(stops) >= int(drain) + 15


def test_the_alerts_of_the_page_about_watching_are_those_that_are_tested() -> None:
    shown = yaml.safe_load(ALERTS)
    rules = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text())["groups"][0]["rules"]
    found = [{name: value for name, value in rule.items() if name != "annotations"} for rule in rules]
    assert [rule for rule in shown if rule not in found] == []
