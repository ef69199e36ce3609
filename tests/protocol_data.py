"""The machine-readable protocol as a judge: checks events and results against it, strictly."""

import json
from pathlib import Path
from typing import Any

DATA: dict[str, Any] = json.loads(Path(__file__).with_name("data").joinpath("relay-protocol.json").read_text())

_TYPES: dict[str, Any] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "array": list,
    "any": object,
}


def event_mistakes(envelope: dict[str, Any], *, extra: frozenset[str] = frozenset()) -> list[str]:
    """Return what is wrong with an event: unknown type, missing, unknown or mistyped fields."""
    kind = envelope.get("event_type", "")
    entry = DATA["events"].get(kind)
    if entry is None:
        return [f"{kind} is not in the protocol"]
    missing = [f"{kind}: the envelope lacks {name}" for name in entry["envelope"] if name not in envelope]
    body = envelope if kind == "queuing.relay.tasks" else envelope.get("params")
    if not isinstance(body, dict):
        return [*missing, f"{kind}: params is no object"]
    wrong = _fields(entry["params"], body, kind)
    described = f"{entry.get('summary')} {entry.get('notes')}".lower()
    if "free" not in described and kind != "queuing.relay.tasks":
        wrong += [f"{kind}: unknown field {name}" for name in body if name not in entry["params"] and name not in extra]
    return missing + wrong


def result_mistakes(method: str, result: dict[str, Any]) -> list[str]:
    """Return what is wrong with the result of a request that was accepted."""
    return _fields(DATA["methods"][method]["result"] or {}, result, f"{method} result")


def _fields(specs: dict[str, Any], body: dict[str, Any], where: str) -> list[str]:
    wrong: list[str] = []
    for name, spec in specs.items():
        if name in body:
            wrong += _value(spec, body[name], f"{where}.{name}")
        elif spec.get("required"):
            wrong.append(f"{where}: {name} is missing")
    return wrong


def _value(spec: dict[str, Any], value: Any, where: str) -> list[str]:
    if "one_of" in spec or "type" not in spec:
        return []
    wanted = _TYPES[spec["type"]]
    if not isinstance(value, wanted) or (isinstance(value, bool) and spec["type"] in {"integer", "number"}):
        return [f"{where} should be {spec['type']}, is {value!r}"]
    if "enum" in spec and not spec.get("open_enum") and spec["type"] != "array" and value not in spec["enum"]:
        return [f"{where} should be one of {spec['enum']}, is {value!r}"]
    if spec["type"] == "array" and "items" in spec:
        return [each for index, item in enumerate(value) for each in _value(spec["items"], item, f"{where}[{index}]")]
    if "ref" in spec and value:
        return _object(DATA["types"][spec["ref"]], value, where)
    return _fields(spec["fields"], value, where) if "fields" in spec else []


def _object(spec: dict[str, Any], value: dict[str, Any], where: str) -> list[str]:
    if "variants" in spec:
        variant = spec["variants"].get(value.get("type"))
        if variant is None:
            return [f"{where}.type is {value.get('type')!r}, none of {list(spec['variants'])}"]
        spec = {"fields": variant or {}}
    fields = spec.get("fields", {})
    unknown = [f"{where}: unknown field {name}" for name in value if fields and name not in fields and name != "type"]
    return _fields(fields, value, where) + unknown
