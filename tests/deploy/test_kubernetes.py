"""The manifests for Kubernetes: valid by its schemas, and in agreement with what the process does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import typer
import yaml

from relay_runtime.cli import app
from relay_runtime.settings.endpoint import is_loopback
from relay_runtime.settings.options import OPTIONS

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
DOCUMENTS: list[dict[str, Any]] = list(yaml.safe_load_all((FOLDER / "relay-app.yaml").read_text()))
BY_KIND = {document["kind"]: document for document in DOCUMENTS}
POD = BY_KIND["Deployment"]["spec"]["template"]["spec"]
(CONTAINER,) = POD["containers"]
ENV = {each["name"]: each for each in CONTAINER["env"]}
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document["kind"])
@pytest.mark.parametrize("version", ["1.31", kubernetes_validate.latest_version()])
def test_every_document_is_valid_by_the_schema_of_its_kind(document: dict[str, Any], version: str) -> None:
    kubernetes_validate.validate(document, version, strict=True)


def flags(command: str) -> set[str]:
    return {flag for parameter in COMMANDS[command].params for flag in parameter.opts if flag.startswith("--")}


def test_the_command_and_the_hook_are_ones_that_the_command_line_has() -> None:
    command, *arguments = CONTAINER["args"]
    assert {each for each in arguments if each.startswith("--")} <= flags(command)
    program, command, *arguments = CONTAINER["lifecycle"]["preStop"]["exec"]["command"]
    assert program == "relay-runtime"
    assert set(arguments) <= flags(command)


def test_the_pod_gets_longer_to_stop_than_its_calls_get_to_end() -> None:
    arguments = CONTAINER["args"]
    drain = int(arguments[arguments.index("--drain-timeout") + 1])
    assert POD["terminationGracePeriodSeconds"] >= drain + 15


def test_the_probes_ask_paths_that_there_are_at_the_port_that_is_set() -> None:
    probes = {name: CONTAINER[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}
    assert {name: probe["path"] for name, probe in probes.items()} == {
        "startup": "/livez",
        "liveness": "/livez",  # a lost connection must not restart the pod, and end its calls
        "readiness": "/readyz",
    }
    (port,) = CONTAINER["ports"]
    assert {probe["port"] for probe in probes.values()} == {port["name"]}
    assert ENV["RELAY_HTTP_PORT"]["value"] == str(port["containerPort"])


def test_variables_are_settings_and_secrets_come_from_the_secret() -> None:
    known = {option.variable: option for option in OPTIONS.values()}
    keys = BY_KIND["Secret"]["stringData"]
    for name, variable in ENV.items():
        if name == "XDG_RUNTIME_DIR":
            continue  # the system's; see below
        if "value" in variable:
            known[name].kind.read(variable["value"])
            assert not known[name].secret
        else:
            assert name in known
            reference = variable["valueFrom"]["secretKeyRef"]
            assert reference["name"] == BY_KIND["Secret"]["metadata"]["name"]
            assert reference["key"] in keys
    assert {"SIGNALWIRE_PROJECT_ID", "SIGNALWIRE_API_TOKEN"} <= set(ENV)


def test_a_port_that_kubelets_can_reach_has_a_token() -> None:
    assert not is_loopback(ENV["RELAY_HTTP_HOST"]["value"])
    assert "valueFrom" in ENV["RELAY_HTTP_TOKEN"]


def test_the_ledgers_outlive_the_container() -> None:
    volumes = {volume["name"]: volume for volume in POD["volumes"]}
    mounts = {mount["mountPath"]: volumes[mount["name"]] for mount in CONTAINER["volumeMounts"]}
    assert "emptyDir" in mounts[ENV["XDG_RUNTIME_DIR"]["value"]]
    assert mounts[ENV["XDG_RUNTIME_DIR"]["value"]] is not mounts["/tmp"], "the app may fill /tmp"


def test_a_blocked_process_is_not_waited_for_while_its_calls_are_in_silence() -> None:
    assert CONTAINER["livenessProbe"]["terminationGracePeriodSeconds"] <= 5
    assert "terminationGracePeriodSeconds" not in CONTAINER["readinessProbe"]  # the schema forbids it


def test_the_container_may_do_no_more_than_it_has_to() -> None:
    assert POD["securityContext"]["runAsNonRoot"] is True
    assert POD["automountServiceAccountToken"] is False
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_the_user_is_that_of_the_image() -> None:
    image = (FOLDER.parent / "container" / "Containerfile").read_text()
    assert f"USER {POD['securityContext']['runAsUser']}:{POD['securityContext']['runAsGroup']}" in image


def test_a_new_pod_is_ready_before_an_old_one_drains() -> None:
    assert BY_KIND["Deployment"]["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_everything_that_selects_pods_selects_these() -> None:
    labels = BY_KIND["Deployment"]["spec"]["template"]["metadata"]["labels"]
    (monitor,) = yaml.safe_load_all((FOLDER / "podmonitor.yaml").read_text())
    for document in (BY_KIND["Deployment"], BY_KIND["PodDisruptionBudget"], monitor):
        assert document["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_the_monitor_scrapes_the_port_with_the_token_of_the_secret() -> None:
    (monitor,) = yaml.safe_load_all((FOLDER / "podmonitor.yaml").read_text())
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert endpoint["port"] == CONTAINER["ports"][0]["name"]
    assert endpoint["path"] == "/metrics"
    assert endpoint["authorization"]["credentials"] == ENV["RELAY_HTTP_TOKEN"]["valueFrom"]["secretKeyRef"]
