# SPDX-License-Identifier: GPL-2.0-only
"""SVG elements as text: every value is escaped, numbers are short."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

_Value = str | float | None


def element(name: str, *content: str, **attributes: _Value) -> Markup:
    """Return one element with its content; Markup is taken as it is, other text is escaped.

    Attributes: ``class_`` is ``class``, ``view_box`` is ``viewBox`` and any other
    underscore is a hyphen.  None leaves an attribute out; numbers are rounded to
    a hundredth.
    """
    given = "".join(
        f' {_attribute(key)}="{escape(_number(value) if isinstance(value, float) else value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = Markup("").join(escape(part) for part in content)
    return Markup("<{0}{1}>{2}</{0}>" if content else "<{0}{1}/>").format(
        name, Markup(given), inner
    )


def picture(
    label: str,
    width: float,
    height: float,
    parts: Iterable[str],
    *,
    scaled: bool = True,
    **attributes: _Value,
) -> Markup:
    """Return a picture with the label that a screen reader reads out.

    It is as wide as its place on the page, unless not ``scaled``.
    """
    return element(
        "svg",
        *parts,
        view_box=f"0 0 {width:g} {height:g}",
        width=None if scaled else width,
        height=None if scaled else height,
        role="img",
        aria_label=label,
        **attributes,
    )


def file(label: str, width: float, height: float, style: Markup, parts: Iterable[str]) -> str:
    """Return a picture that is a file of its own: licence, namespace, style, background."""
    page = element("rect", class_="page", width=width, height=height)
    lines = Markup("\n").join(["", style, page, *parts, ""])
    whole = picture(label, width, height, [lines], xmlns="http://www.w3.org/2000/svg")
    return f"<!-- SPDX-License-Identifier: GPL-2.0-only -->\n{whole}\n"


def rect(
    x: float, y: float, width: float, height: float, *, rx: float = 4, class_: str | None = None
) -> Markup:
    """Return a rectangle with rounded corners."""
    return element("rect", class_=class_, x=x, y=y, width=width, height=height, rx=rx)


def text(x: float, y: float, words: str, **attributes: _Value) -> Markup:
    """Return a line of text whose baseline is at y."""
    return element("text", words, x=x, y=y, **attributes)


def path(d: str, **attributes: _Value) -> Markup:
    """Return a path."""
    return element("path", d=d, **attributes)


def _attribute(key: str) -> str:
    return {"class_": "class", "view_box": "viewBox"}.get(key, key.replace("_", "-"))


def _number(value: float) -> str:
    return f"{round(value, 2):.10g}"
