"""Signatures as they are: stars, markers of what is positional or keyword only, defaults, types, async."""

from __future__ import annotations

import builtins
import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator
from functools import reduce
from operator import or_
from typing import Any, Union, get_args, get_origin

__all__ = ["annotation_text", "default_text", "is_coroutine", "own_names", "plain", "signature", "stars_of"]

_MODULES = re.compile(r"\b(collections\.abc|relay_actors|relay_runtime|typing|types|contextlib|frames)\.(\w+\.)*")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_STARS: dict[Any, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
LONGEST = 100


def signature(name: str, function: Callable[..., Any], *, bound: bool = False, above: str = "") -> str:
    """Return the signature of a function in a code block, one parameter a line when it is long.

    Args:
        name: what it is called.
        function: the function, or a class.
        bound: whether its first parameter is the object or the class that it is called on, which is not shown.
        above: a line that stands above it, such as a decorator.
    """
    parsed = inspect.signature(function)
    if dataclasses.is_dataclass(function):
        parsed = parsed.replace(parameters=[_made(param, function) for param in parsed.parameters.values()])
    params = list(_params(parsed, bound=bound))
    silent = inspect.isclass(function) or parsed.return_annotation is parsed.empty
    result = "" if silent else f" -> {annotation_text(parsed.return_annotation)}"
    name = f"async {name}" if is_coroutine(function) else name
    line = f"{name}({', '.join(params)}){result}"
    if len(line) > LONGEST:
        line = f"{name}(\n    " + ",\n    ".join(params) + f",\n){result}"
    return "\n".join(filter(None, ["```python", above, line, "```"]))


def _made(param: inspect.Parameter, cls: Any) -> inspect.Parameter:
    """Return a parameter of a dataclass with the default that its factory makes."""
    fields = {field.name: field for field in dataclasses.fields(cls)}
    factory = fields[param.name].default_factory if param.name in fields else dataclasses.MISSING
    return param if factory is dataclasses.MISSING else param.replace(default=factory())


def is_coroutine(function: Callable[..., Any]) -> bool:
    """Return whether a call of a function is to be awaited."""
    return inspect.iscoroutinefunction(inspect.unwrap(function))


def stars_of(function: Callable[..., Any]) -> dict[str, str]:
    """Return the stars of the parameters that have some."""
    parameters = inspect.signature(function).parameters.values()
    return {param.name: _STARS[param.kind] for param in parameters if param.kind in _STARS}


def _params(parsed: inspect.Signature, *, bound: bool) -> Iterator[str]:
    params = list(parsed.parameters.values())[1 if bound else 0 :]
    marked = False  # whether what comes is known to be by keyword only
    for number, param in enumerate(params):
        if param.kind is param.KEYWORD_ONLY and not marked:
            marked = True
            yield "*"
        marked = marked or param.kind is param.VAR_POSITIONAL
        yield _param(param)
        following = params[number + 1].kind if number + 1 < len(params) else None
        if param.kind is param.POSITIONAL_ONLY and following is not param.POSITIONAL_ONLY:
            yield "/"


def _param(param: inspect.Parameter) -> str:
    text = _STARS.get(param.kind, "") + param.name
    typed = param.annotation is not param.empty
    if typed:
        text += f": {annotation_text(param.annotation)}"
    if param.default is not param.empty:
        text += f"{' = ' if typed else '='}{default_text(param.default)}"
    return text


def annotation_text(annotation: Any) -> str:
    """Return an annotation as a user writes it: without the modules that the names live in."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return _MODULES.sub("", text)


def own_names(annotation: Any) -> list[str]:
    """Return the names in an annotation that are none of the language's."""
    text = _QUOTED.sub("", annotation_text(annotation))
    return [name for name in re.findall(r"[A-Za-z_]\w*", text) if not hasattr(builtins, name)]


def plain(hint: Any) -> Any:
    """Return a union of `typing` as one of the language, which is written with bars."""
    return reduce(or_, get_args(hint)) if get_origin(hint) is Union else hint


def default_text(default: Any) -> str:
    """Return a default as it is written: a class or a function by its name, an empty mapping as one."""
    if inspect.isclass(default) or inspect.isroutine(default):
        return str(default.__name__)
    if type(default).__name__ == "mappingproxy":
        default = dict(default)
    return "…" if " at 0x" in (shown := repr(default)) or shown.startswith("<") else shown
