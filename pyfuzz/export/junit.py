# SPDX-License-Identifier: GPL-2.0-only
"""JUnit XML for CI systems: a test for each kind, or for each of its findings."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from pyfuzz.export.location import locate
from pyfuzz.export.subject import Item, Replayed, Subject
from pyfuzz.kinds import Kind
from pyfuzz.sequence.text import format_text
from pyfuzz.text import times

# Characters that XML 1.0 does not allow, even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(subject: Subject) -> bytes:
    """Return the file.

    A kind without findings passes; a new finding fails; one that is known or on the
    base is skipped with the reason, so that it is visible but does not fail the job.
    Regressions are a separate suite, with a test for each file.
    """
    cases = [case for kind in Kind for case in _cases(subject, kind)]
    replayed = [_replayed(subject, one) for one in subject.regressions]
    counts = _counts([*cases, *replayed], subject.seconds)
    root = ET.Element("testsuites", {"name": "pyfuzz", **counts})
    name = f"pyfuzz {subject.target.name}"
    root.append(_suite(subject, name, cases, subject.seconds))
    if replayed:
        root.append(_suite(subject, f"{name} regressions", replayed, 0.0))
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _counts(cases: list[ET.Element], seconds: float) -> dict[str, str]:
    return {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": "0",
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
        "time": f"{seconds:.3f}",
    }


def _suite(subject: Subject, name: str, cases: list[ET.Element], seconds: float) -> ET.Element:
    suite = ET.Element("testsuite", {"name": _xml(name), **_counts(cases, seconds)})
    properties = ET.SubElement(suite, "properties")
    for key, value in _properties(subject).items():
        ET.SubElement(properties, "property", {"name": key, "value": _xml(value)})
    suite.extend(cases)
    return suite


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
    attributes = {"classname": classname, "name": _xml(item.title_among(subject.items))}
    case = ET.Element("testcase", {**attributes, "time": f"{item.first_seconds:.3f}"})
    text = _xml(_text(subject, item))
    if not item.fails:
        why = f"known: {item.known}" if item.known is not None else f"on the base: {item.base}"
        ET.SubElement(case, "skipped", {"message": _xml(why)})
        ET.SubElement(case, "system-out").text = text
    else:
        said = {"type": item.kind.value, "message": _xml(item.message)}
        ET.SubElement(case, "failure", said).text = text
    return case


def _text(subject: Subject, item: Item) -> str:
    place = locate(subject.target, item.function, item.line)
    lines = [
        f"{place.file}:{place.line}: {item.title}: {item.message}",
        f"must hold: {item.kind.must}",
    ]
    if item.expired is not None:
        lines.append(item.expired.lapsed)
    lines += [f"seen {times(item.count)}, first after {item.first_seconds:.2f} s", ""]
    lines.append(format_text(item.operations))
    if item.command:
        lines.append(item.command)
    return "\n".join(lines)


def _replayed(subject: Subject, one: Replayed) -> ET.Element:
    names = {"classname": f"pyfuzz.{subject.target.name}.regressions", "name": _xml(one.name)}
    case = ET.Element("testcase", {**names, "time": "0"})
    if not one.problems:
        return case
    places = []
    for item in one.items:
        place = locate(subject.target, item.function, item.line)
        places.append(f"{place.file}:{place.line}: {item.title}: {item.message}")
    missing = [f"{expected} must be found, is not" for expected in one.missing]
    text = _xml("\n".join([*missing, *places, "", format_text(one.operations), one.command]))
    if one.fails:
        said = {"type": "regression", "message": _xml("; ".join(one.problems))}
        ET.SubElement(case, "failure", said).text = text
    else:
        ET.SubElement(case, "skipped", {"message": _xml(f"on the base: {one.base}")})
        ET.SubElement(case, "system-out").text = text
    return case


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
