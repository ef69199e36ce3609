"""The entries of the reference: of a class with its members, of a function, of a type alias."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec
from reference_docstrings import BAR, Documented, markdown, reference_to, types_mark, undocumented
from reference_examples import example_part
from reference_signatures import annotation_text, default_text, own_names, plain, signature, stars_of
from reference_sources import Declared, attribute_types, declared_in, definition_of, source_link
from reference_texts import ALIASES, NOT_MADE, RUNTIME_ONLY, UNITS

import relay_runtime

__all__ = [
    "Entries",
    "about",
    "alias_entry",
    "constructor_is_shown",
    "docstring_of",
    "function_entry",
    "lineage",
    "members",
]

KINDS = property | classmethod | staticmethod | cached_property
SPOKEN = ("__call__", "__getitem__", "__iter__", "__len__", "__contains__", "__await__")
"""Methods with underscores by which an object is used in a way of its own."""
PUBLIC = dir(relay_runtime)  # with what needs an extra, which `__all__` leaves out


def members(cls: type, owners: tuple[type, ...] | None = None) -> Iterator[tuple[str, Any]]:
    """Yield the public methods and properties that a class, or its ``owners``, define, in their order."""
    seen: set[str] = set()
    for owner in (cls,) if owners is None else owners:
        for name, value in vars(owner).items():
            plain_value = inspect.unwrap(getattr(value, "__func__", value)) if callable(value) else value
            wanted = inspect.isfunction(plain_value) or isinstance(value, KINDS)
            public = name in SPOKEN or not name.startswith("_")
            if public and wanted and name not in seen and name not in RUNTIME_ONLY.get(owner.__name__, ()):
                seen.add(name)
                yield name, value


def lineage(cls: type) -> tuple[tuple[type, ...], type | None]:
    """Return a class with its bases that are not public, and the first base that is, or None."""
    own: list[type] = []
    for each in cls.__mro__:
        public = each.__name__ in PUBLIC and each.__module__.startswith("relay_")
        if each is not cls and public:
            return tuple(own), each
        if each.__module__.startswith("relay_"):
            own.append(each)
    return tuple(own), None


def constructor_is_shown(cls: type) -> bool:
    """Return whether users make objects of a class by calling it."""
    own, _ = lineage(cls)
    made = any("__init__" in vars(each) for each in own) and not issubclass(cls, BaseException)
    made = made and not getattr(cls, "_is_protocol", False)
    return made and not any(f"{each.__module__}.{each.__name__}" in NOT_MADE for each in cls.__mro__)


def about(module: str, name: str, annotations: list[Any]) -> str:
    """Return the line below a signature: where it is defined, and the types in it that have entries."""
    names = sorted({each for annotation in annotations for each in own_names(annotation)})
    return source_link(module, name) + types_mark(names)


def _annotations(function: Callable[..., Any]) -> list[Any]:
    init = vars(function).get("__init__", function) if inspect.isclass(function) else function
    return list(getattr(inspect.unwrap(init), "__annotations__", {}).values())


def function_entry(name: str, function: Callable[..., Any], level: str = "##") -> str:
    """Return the entry of a function."""
    where = about(function.__module__, function.__qualname__, _annotations(function))
    text = Documented(name, function).text(stars_of(function))
    return f"{level} `{name}`\n\n{signature(name, function)}\n\n{where}\n\n{text}"


def alias_entry(module: str, name: str) -> str:
    """Return the entry of a type alias."""
    found = definition_of(module, name)
    text = found.text or ALIASES.get(f"{module}.{name}", "")
    if not text:
        undocumented.append(name)
    where = about(module, name, [found.line.partition("=")[2]])
    return f"## `{name}`\n\n```python\n{annotation_text(found.line)}\n```\n\n{where}\n\n{markdown(text)}"


class Entries:
    """Makes the entries of one page.

    Args:
        alone: the class that the page is about, whose members are headed by their names alone; None: they are headed
            by the name of their class too.
        examples: the class whose examples are shown, or None.
        elsewhere: the class at whose entries the examples are, or None.
    """

    def __init__(self, *, alone: str | None = None, examples: str | None = None, elsewhere: str | None = None) -> None:
        self._alone = alone
        self._examples = examples
        self._elsewhere = elsewhere

    def thing(self, name: str, thing: Any) -> str:
        """Return the entry of a class or a function."""
        return self.of_class(name, thing) if inspect.isclass(thing) else function_entry(name, thing)

    def of_class(self, name: str, cls: type, owners: tuple[type, ...] | None = None) -> str:
        """Return the entry of a class with its members: its own, and those of bases that have no entry."""
        parts = [f"## `{name}`"]
        own, base = lineage(cls)
        if base is not None:
            parts.append(f"Extends {reference_to(base.__name__)}{_argument(cls)}.")
        annotations = []
        if constructor_is_shown(cls):
            parts.append(signature(name, cls))
            annotations = _annotations(cls)
        parts.append(about(cls.__module__, cls.__qualname__, annotations))
        said = Documented(name, cls)
        parts += [said.text(arguments=constructor_is_shown(cls)), *_attributes(cls, said.attributes)]
        shown = (own or (cls,)) if owners is None else owners
        said_of = {said.name: (said, home) for home in reversed(shown) for said in declared_in(home)}
        parts += [self._declared(name, *each) for each in said_of.values()]
        parts += [self.member(name, *each) for each in members(cls, shown)]
        return "\n\n".join(part for part in parts if part)

    def heading(self, owner: str, name: str) -> str:
        """Return the heading of a member."""
        return f"### `{name}`" if self._alone else f"### `{owner}.{name}`"

    def member(self, owner: str, name: str, value: Any) -> str:
        """Return the entry of a method or a property."""
        full, parts = f"{owner}.{name}", [self.heading(owner, name)]
        if isinstance(value, property | cached_property):
            getter = inspect.unwrap(value.fget if isinstance(value, property) else value.func)  # type: ignore[arg-type]
            hint = getattr(getter, "__annotations__", {}).get("return", "")
            can = ", which can be set" if getattr(value, "fset", None) else ""
            parts.append(f"```python\n{name}: {annotation_text(hint)}\n```" if hint else "")
            parts.append(about(getter.__module__, getter.__qualname__, [hint] if hint else []))
            parts.append(f"Property{can}. {Documented(full, getter).text()}")
        else:
            parts += self._method(full, name, value)
        return "\n\n".join(part for part in parts if part)

    def _method(self, full: str, name: str, value: Any) -> Iterator[str]:
        function = value.__func__ if isinstance(value, classmethod | staticmethod) else value
        static = isinstance(value, staticmethod)
        above = "@classmethod" if isinstance(value, classmethod) else "@staticmethod" if static else ""
        plain_function = inspect.unwrap(function)
        yield signature(name, function, bound=not static, above=above)
        yield about(plain_function.__module__, plain_function.__qualname__, _annotations(function))
        yield Documented(full, value).text(stars_of(function))
        if self._examples == full.partition(".")[0]:
            yield example_part(full)
        elif self._elsewhere and full.startswith("Call.") and example_part(f"{self._elsewhere}.{name}"):
            yield f"An example, and the frames that it sends: {reference_to(f'={self._elsewhere}.{name}')}."

    def attribute(self, owner: type, name: str, cls: type) -> str:
        """Return the entry of an attribute that the objects of a class have from their beginning."""
        where = about(owner.__module__, f"{owner.__qualname__}.__init__", [cls.__name__])
        text = Documented(owner.__name__, owner).attributes[name]
        head = f"{self.heading(owner.__name__, name)}\n\n```python\n{name}: {cls.__name__}\n```"
        return f"{head}\n\n{where}\n\nAttribute: {text}"

    def declared(self, owner: str, home: type) -> Iterator[str]:
        """Yield the entries of the attributes that a class declares."""
        for said in declared_in(home):
            yield self._declared(owner, said, home)

    def _declared(self, owner: str, said: Declared, home: type) -> str:
        where = about(home.__module__, f"{home.__qualname__}.{said.name}", [said.annotation])
        return "\n\n".join(
            [self.heading(owner, said.name), f"```python\n{said.line}\n```", where, f"Attribute. {markdown(said.text)}"]
        )


def _argument(cls: type) -> str:
    """Return what a class makes of a generic base, such as ``[PlayEvent]``, or an empty text."""
    args = [each for base in getattr(cls, "__orig_bases__", ()) for each in get_args(base)]
    return f" of {reference_to(annotation_text(args[0]))}" if args and not isinstance(args[0], TypeVar) else ""


def _attributes(cls: type, said: dict[str, str]) -> Iterator[str]:
    """Yield the attributes of a class: a table of its fields, if it has fields, and a list of the others."""
    if issubclass(cls, enum.Enum):
        yield "\n".join(["| Member | Value |", "|---|---|", *(f"| `{each.name}` | `{each.value!r}` |" for each in cls)])
    rows = list(_fields(cls))
    if rows:
        told = any(name in said for name, *_ in rows)
        unit = UNITS.get(cls.__name__)
        head = ["Field", "Type", "Default", *(["Unit"] if unit else []), *(["Meaning"] if told else [])]
        lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
        for name, hint, default in rows:
            cells = [f"`{name}`", f"`{hint}`", default, *([unit(hint)] if unit else [])]
            cells += [said.get(name, "")] if told else []
            lines.append("| " + " | ".join(cell.replace("|", BAR) for cell in cells) + " |")
        yield "\n".join(lines)
    others = {name: text for name, text in said.items() if name not in {row[0] for row in rows}}
    types = attribute_types(cls) if others else {}
    lines = [f"- `{name}`{_typed(types.get(name))}: {text}" for name, text in others.items()]
    if lines:
        yield "**Attributes:**\n\n" + "\n".join(lines)


def _typed(hint: str | None) -> str:
    return f" (`{annotation_text(hint)}`)" if hint else ""


def _fields(cls: type) -> Iterator[tuple[str, str, str]]:
    """Yield name, type and default of each field of a struct or dataclass that it has besides those of its base."""
    if issubclass(cls, msgspec.Struct):
        hints = {name: plain(hint) for name, hint in get_type_hints(cls).items()}  # without the ranges of numbers
        _, parent = lineage(cls)  # fields of a base without an entry are shown here
        base = {each.name for each in msgspec.structs.fields(parent)} if parent is not None else set()
        for each in msgspec.structs.fields(cls):
            if not each.name.startswith(("raw_", "top_", "body_", "_")) and each.name not in {"envelope", *base}:
                none = each.default is msgspec.NODEFAULT and each.default_factory is msgspec.NODEFAULT
                made = each.default if each.default is not msgspec.NODEFAULT else None
                made = each.default_factory() if each.default_factory is not msgspec.NODEFAULT else made
                yield each.name, annotation_text(hints[each.name]), "needed" if none else f"`{default_text(made)}`"
    elif dataclasses.is_dataclass(cls):
        for field in dataclasses.fields(cls):
            if not field.name.startswith("_"):
                none = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
                made = field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default
                yield field.name, annotation_text(field.type), "needed" if none else f"`{default_text(made)}`"


def docstring_of(module: str) -> str:
    """Return the docstring of a module as Markdown."""
    return markdown(inspect.getdoc(sys.modules[module]) or "")
