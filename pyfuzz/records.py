# SPDX-License-Identifier: GPL-2.0-only
"""Records in JSON: dataclasses say what is in a file, and msgspec checks files against them.

A file of a newer pyfuzz may have more keys than are declared here; they are
left alone.  What a file of an older one may lack has a default.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Annotated, Any, TypeVar

import msgspec

T = TypeVar("T")
Count = Annotated[int, msgspec.Meta(ge=0)]
# The largest float: Python reads more from JSON as infinite.
Seconds = Annotated[float, msgspec.Meta(ge=0, le=sys.float_info.max)]

_ERROR = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<place>[^`]*)`)?", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(\w+)`")
_EXPECTED = re.compile(r"Expected `(?P<types>[^`]+)`(?:, got `[^`]+`)?(?P<more>.*)")
_STEP = re.compile(r"(\w+)|\[(\d+)\]")
_WORDS = {
    "array": "a list",
    "object": "an object",
    "str": "a text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
}
_SHOWN = 40


def read(values: Any, kind: type[T]) -> T:
    """Return values read from JSON as a record.

    Errors: ValueError that names the key, the rule and the value.
    """
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise ValueError(_said(str(error), values)) from None


def plain(record: Any) -> Any:
    """Return a record as values for JSON; the keys are its fields, in their order."""
    return _listed(msgspec.to_builtins(record))


def _listed(values: Any) -> Any:
    """Turn tuples into lists, so that values are as they are when they are read back."""
    if isinstance(values, dict):
        return {key: _listed(value) for key, value in values.items()}
    if isinstance(values, list | tuple):
        return [_listed(value) for value in values]
    return values


def shown(value: object) -> str:
    """Return a value as it is in the file, or how it begins."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _said(error: str, values: Any) -> str:
    """Say in our words what msgspec says about values."""
    match = _ERROR.fullmatch(error)
    assert match is not None
    what, place = match["what"], match["place"] or ""
    if missing := _MISSING.fullmatch(what):
        return f"it has no '{place}{'.' * bool(place)}{missing[1]}'"
    expected = _EXPECTED.fullmatch(what)
    rule = "one of those that this pyfuzz knows"
    if expected is not None:
        types = dict.fromkeys(_WORDS.get(one, one) for one in expected["types"].split(" | "))
        rule = " or ".join(types) + expected["more"]
    elif not what.startswith("Invalid"):
        rule = what
    return f"{place or 'it'} must be {rule}, is {shown(_at(values, place))}"


def _at(values: Any, place: str) -> Any:
    """Return the value at a place such as ``findings[0].line``, as far as it can be followed."""
    for name, number in _STEP.findall(place):
        if number and isinstance(values, list | tuple):
            values = values[int(number)]
        elif name and isinstance(values, dict):
            values = values.get(name)
    return values
