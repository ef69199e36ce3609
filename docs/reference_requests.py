"""The parts of the reference about what requests are made of: the dicts that programs write, and the methods."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

from reference_docstrings import BAR, Documented, markdown
from reference_entries import about
from reference_sources import is_defined

from relay_actors.wire import devices, dicts
from relay_actors.wire.methods import METHODS
from relay_actors.wire.rules import Listed, Rule, Shape, Typed

__all__ = ["dict_parts", "method_parts"]

UNIONS = {
    "Medium": "An item of what `play` plays.",
    "DialDevice": "What `RelayClient.dial` calls.",
    "DialDevices": "Groups tried one after another, each of devices that ring together.",
    "ConnectDevice": "What `Call.connect` bridges a call to.",
    "TapDevice": "Where a tap sends the sound.",
}
"""Names for one of several dicts."""

_TAKEN = (
    (list[dicts.Medium], METHODS["calling.play"].fields["play"]),
    (list[list[dicts.ConnectDevice]], METHODS["calling.connect"].fields["devices"]),
    (dicts.ReferDevice, METHODS["calling.refer"].fields["device"]),
    (dicts.RecordAudio, METHODS["calling.record"].fields["record"].fields["audio"]),  # type: ignore[attr-defined]
    (dicts.Collect, METHODS["calling.play_and_collect"].fields["collect"]),
    (dicts.CollectDigits, METHODS["calling.collect"].fields["digits"]),
    (dicts.Detector, METHODS["calling.detect"].fields["detect"]),
    (dicts.Tap, METHODS["calling.tap"].fields["tap"]),
    (dicts.TapDevice, METHODS["calling.tap"].fields["device"]),
    (list[dicts.PayParameter], METHODS["calling.pay"].fields["parameters"]),
    (list[dicts.PayPrompt], METHODS["calling.pay"].fields["prompts"]),
)
"""What verbs take, with the rule for it."""


def dict_parts() -> Iterator[str]:
    """Yield an entry for each dict."""
    for name, what in UNIONS.items():
        text = shown(getattr(dicts, name)).replace(BAR, "|")
        module = next(each for each in (dicts.__name__, devices.__name__) if is_defined(each, name))
        yield f"## `{name}`\n\n```python\n{name} = {text}\n```\n\n{about(module, name, [text])}\n\n{markdown(what)}"
    shapes = accepted()
    for name in (each for each in dicts.__all__ if each not in UNIONS):
        kind = getattr(dicts, name)
        where = about(kind.__module__, name, list(get_type_hints(kind).values()))
        text = Documented(name, kind).text()
        yield f"## `{name}`\n\n{where}\n\n{text}\n\n{keys_table(kind, shapes.get(kind))}"


def method_parts() -> Iterator[str]:
    """Yield an entry for each method."""
    yield (
        "What each method takes, and what is refused before it is sent. A param that is not listed is refused if a "
        "listed one was meant (`statusUrl`); any other is sent as it is, with one warning. So are keys of the dicts in "
        "it. Types of devices and media that are not known here are sent as they are."
    )
    for method, shape in METHODS.items():
        rows = [
            f"| `{name}` | {'yes' if rule.required else ''} | {rule.accepted.replace('|', BAR)} |"
            for name, rule in shape.fields.items()
        ]
        table = "\n".join(["| Param | Needed | Accepted |", "|---|---|---|", *rows]) if rows else "No params."
        yield f"## `{method}`\n\n{table}"


def accepted() -> dict[Any, Shape]:
    """Return the rule of each dict that has one of its own."""
    return {kind: shape for taken, rule in _TAKEN for kind, shape in _paired(taken, rule)}


def _paired(kind: Any, rule: Rule | None) -> Iterator[tuple[Any, Shape]]:
    if get_origin(kind) is list and isinstance(rule, Listed):
        yield from _paired(get_args(kind)[0], rule.item)
    elif isinstance(rule, Typed):
        for each in get_args(kind) if isinstance(kind, UnionType) else (kind,):
            hints = get_type_hints(each)
            for name in get_args(hints["type"]):
                yield from _paired(hints["params"], rule.variants[name])
    elif isinstance(rule, Shape) and is_typeddict(kind):
        yield kind, rule
        for name, hint in get_type_hints(kind).items():
            yield from _paired(hint, rule.fields.get(name))


def keys_table(kind: Any, shape: Shape | None) -> str:
    """Return the table of the keys of a dict; ``shape`` has the words for what is accepted."""
    rows = [
        f"| `{name}` | `{shown(hint)}` | {'yes' if name in kind.__required_keys__ else ''} | {_words(shape, name)} |"
        for name, hint in get_type_hints(kind).items()
    ]
    return "\n".join(["| Key | Type | Needed | Accepted |", "|---|---|---|---|", *rows])


def shown(hint: Any) -> str:
    """Return a type as a user writes it."""
    text = hint.__name__ if isinstance(hint, type) and get_origin(hint) is None else str(hint)
    return (
        text.replace("relay_actors.wire.dicts.", "")
        .replace("relay_actors.wire.devices.", "")
        .replace("typing.", "")
        .replace("collections.abc.", "")
        .replace("|", BAR)
    )


def _words(shape: Shape | None, name: str) -> str:
    rule = shape.fields.get(name) if shape is not None else None
    return "" if rule is None else rule.accepted.replace("|", BAR)
