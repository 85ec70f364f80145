# SPDX-License-Identifier: GPL-2.0-only
"""What an earlier campaign in the same folder found, however it ended.

A campaign that finished wrote findings.json.  One that was killed left its
workers' regions, with everything that they had found by then.
"""

from __future__ import annotations

from collections.abc import Callable

from pyfuzz.campaign.strategy import CHECKER
from pyfuzz.errors import UsageError
from pyfuzz.finding.finding import Finding
from pyfuzz.finding.table import FindingTable
from pyfuzz.module.shared import Shared
from pyfuzz.run import findings as finding_store
from pyfuzz.run.folder import RunFolder, store
from pyfuzz.target.catalogue import Target


def recover(folder: RunFolder, target: Target, note: Callable[[str], None]) -> list[Finding]:
    """Collect the findings of a folder into findings.json and return them.

    ``note`` is called with what cannot be read.  Errors: OSError; nothing is lost
    then, and the next campaign can try again.
    """
    earlier, notes = finding_store.read(folder.path, target)
    for text in notes:
        note(text)
    start_ns, flavour = folder.began()
    table = FindingTable(target, start_ns, earlier, folder.encoding)
    for path in sorted(folder.workers.glob("*/shared.*")):
        worker, process = path.parent.name, path.suffix
        try:
            region = Shared(path)
        except UsageError as error:
            note(str(error))
            continue
        with region:
            checks = worker == CHECKER
            slots = region.slots(ended=True)
            table.update(
                worker + process,
                slots,
                flavour="sanitize" if checks else flavour,
                scored=not checks,
            )
            if region.running:
                # The worker may have died before it recorded what this input shows.
                store(folder.corpus, region.input)
    findings = table.all()
    if findings:
        finding_store.write(folder.path, findings)
    folder.settle()
    return findings
