# SPDX-License-Identifier: GPL-2.0-only
"""JUnit XML, as CI systems read it: a test for each kind, or for each of its findings."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from pyfuzz.export.location import locate
from pyfuzz.export.rules import RULES
from pyfuzz.export.subject import Item, Subject
from pyfuzz.grammar import format_text
from pyfuzz.kinds import Kind

# What XML 1.0 cannot hold, even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(subject: Subject) -> bytes:
    """Return the file.

    A kind with no finding passes; a new finding fails, a known one is skipped
    with its reason, so that it is seen and fails nothing.
    """
    cases = [case for kind in Kind for case in _cases(subject, kind)]
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": "0",
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
        "time": f"{subject.seconds:.3f}",
    }
    root = ET.Element("testsuites", {"name": "pyfuzz", **counts})
    suite = ET.SubElement(root, "testsuite", {"name": f"pyfuzz {subject.target.name}", **counts})
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(subject).items():
        ET.SubElement(properties, "property", {"name": name, "value": _xml(value)})
    suite.extend(cases)
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _properties(subject: Subject) -> dict[str, str]:
    target = subject.target
    return {
        "source": subject.name,
        "generation": target.generation,
        "policy": target.policy,
        "flavour": subject.flavour,
        "executions": str(subject.executions),
    }


def _cases(subject: Subject, kind: Kind) -> list[ET.Element]:
    items = [item for item in subject.items if item.kind is kind]
    name = f"pyfuzz.{subject.target.name}"
    if not items:
        return [ET.Element("testcase", {"classname": name, "name": kind.value, "time": "0"})]
    return [_case(subject, item, name) for item in items]


def _case(subject: Subject, item: Item, classname: str) -> ET.Element:
    attributes = {"classname": classname, "name": _xml(item.title)}
    case = ET.Element("testcase", {**attributes, "time": f"{item.first_seconds:.3f}"})
    text = _xml(_text(subject, item))
    if item.known is not None:
        ET.SubElement(case, "skipped", {"message": _xml(f"known: {item.known}")})
        ET.SubElement(case, "system-out").text = text
    else:
        said = {"type": item.kind.value, "message": _xml(item.message)}
        ET.SubElement(case, "failure", said).text = text
    return case


def _text(subject: Subject, item: Item) -> str:
    place = locate(subject.target, item.function, item.line)
    lines = [
        f"{place.file}:{place.line}: {item.title}: {item.message}",
        f"must hold: {RULES[item.kind].property}",
    ]
    if item.expired is not None:
        lines.append(item.expired.lapsed)
    times = "once" if item.count == 1 else f"{item.count} times"
    lines += [f"seen {times}, first after {item.first_seconds:.2f} s", ""]
    lines.append(format_text(item.operations))
    if item.command:
        lines.append(item.command)
    return "\n".join(lines)


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
