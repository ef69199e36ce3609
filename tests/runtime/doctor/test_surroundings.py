"""What a process runs on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from relay_runtime.doctor import Finding, Verdict
from relay_runtime.doctor.surroundings import look_at_packages, look_at_surroundings


def by_check(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


@pytest.mark.parametrize(
    ("requirement", "verdict", "says"),
    [
        ("gevent>=1", Verdict.OK, "gevent 2"),
        ("gevent<1", Verdict.FAULT, "is installed, <1 is required"),
        ("nothing-of-that-name", Verdict.FAULT, "nothing-of-that-name is missing"),
        ("nothing-of-that-name; extra == 'otel'", Verdict.WARNING, "is not installed as a package"),
        ("nothing-of-that-name; sys_platform == 'none'", Verdict.WARNING, "is not installed as a package"),
    ],
)
def test_packages_are_compared_with_what_is_required(requirement: str, verdict: Verdict, says: str) -> None:
    finding = look_at_packages([requirement])
    assert finding.verdict == verdict
    assert says in finding.says


@pytest.mark.slow
def test_a_program_that_is_not_patched_is_told_what_is_missing() -> None:
    findings = by_check(look_at_surroundings())
    assert findings["python"].verdict == Verdict.OK
    assert findings["patch order"].verdict == Verdict.OK
    assert findings["event loop"].says.startswith("gevent ")
    assert findings["patch"].verdict == Verdict.FAULT  # tests are not patched
    assert "socket" in findings["patch"].says
    assert "patch_all()" in findings["patch"].mend


@pytest.mark.slow
def test_what_python_loads_before_any_program_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text("import ssl\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    finding = by_check(look_at_surroundings())["patch order"]
    assert finding.verdict == Verdict.FAULT
    assert "loads ssl" in finding.says
