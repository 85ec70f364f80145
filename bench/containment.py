# SPDX-License-Identifier: GPL-2.0-only
"""Write the generated part of docs/containment.md from a matrix that --json printed."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pyfuzz.containment import shipped_matrix, table
from pyfuzz.containment.deaths import causes_of_death
from pyfuzz.containment.matrix import Matrix
from pyfuzz.containment.reach import triggers
from pyfuzz.target import catalogue
from pyfuzz.worlds.lists.faults import BY_GROUP

DOCUMENT = Path(__file__).parents[1] / "docs" / "containment.md"
BEGIN, END = "<!-- made by: make containment -->\n", "<!-- end of what is made -->\n"


def ports(matrix: Matrix) -> Matrix:
    """Return the rows of the catalogue's targets, which are the ones to ship."""
    return replace(
        matrix, rows=tuple(row for row in matrix.rows if row.target in catalogue.TARGETS)
    )


def made(matrix: Matrix) -> Iterator[str]:
    """Yield the lines between the marks: the matrix, deaths, triggers, faults."""
    yield from table.markdown(matrix)
    yield ""
    yield "What the host dies of in the worst case, and what triggers it:"
    yield ""
    yield "| target | dies of | at the end of the shortest sequences |"
    yield "|---|---|---|"
    for row in matrix.rows:
        deaths = ", ".join(f"{cause} ({count})" for cause, count in causes_of_death(row))
        by = triggers([cell for cell in row.applicable if not cell.contained])
        who = ", ".join(f"{who.value} ({len(cells)})" for who, cells in by.items() if cells)
        yield f"| `{row.target}` | {deaths or 'nothing'} | {who} |"
    yield ""
    yield "| fault | what it changes | stands for | takes |"
    yield "|---|---|---|---|"
    for fault in BY_GROUP:
        reach = fault.reach.value.partition(":")[0]
        yield f"| `{fault.name}` | {fault.damage} | {fault.cause} | {reach} |"


def main() -> None:
    """Update the generated part of the document, and the shipped matrix with the ports' rows."""
    parser = argparse.ArgumentParser(prog="python -m bench.containment", description=__doc__)
    parser.add_argument("matrix", type=Path, help="what pyfuzz containment --json printed")
    matrix = ports(shipped_matrix.read(parser.parse_args().matrix))
    text = DOCUMENT.read_text(encoding="utf-8")
    if not (BEGIN in text and END in text):
        sys.exit(f"{DOCUMENT}: must have the lines '{BEGIN.strip()}' and '{END.strip()}'")
    before, _, rest = text.partition(BEGIN)
    lines = "\n".join(made(matrix))
    after = rest.partition(END)[2]
    DOCUMENT.write_text(f"{before}{BEGIN}\n{lines}\n\n{END}{after}", encoding="utf-8")
    shipped_matrix.path().write_text(
        json.dumps(matrix.as_object(), indent=None, separators=(",", ":")) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
