# SPDX-License-Identifier: GPL-2.0-only
"""A change under test, within a budget: regressions, a campaign, the comparison."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from pyfuzz.campaign.campaign import Campaign, Progress
from pyfuzz.ci import regressions
from pyfuzz.ci.base import Base
from pyfuzz.ci.compare import Comparison, Fixed
from pyfuzz.ci.regressions import Regression
from pyfuzz.ci.result import Result
from pyfuzz.errors import PyfuzzError, UsageError
from pyfuzz.exhaust import record
from pyfuzz.exhaust.search import search_scopes
from pyfuzz.exhaust.verdict import Verdict, as_object
from pyfuzz.export.subject import Item
from pyfuzz.finding.artifact import replay_command, write_artifact
from pyfuzz.finding.finding import Finding
from pyfuzz.run.options import Options

# Kept back for the sanitizer worker's remaining inputs, minimising and comparing
# findings, and the report: a share of the budget, and the most in seconds.
_REST = 0.25
_REST_S = 30.0
_LEAST_S = 1.0


@dataclass(frozen=True, slots=True)
class Session:
    """What is to be done.

    ``options`` are the campaign's, whose time is set here unless it goes by runs:
    what is left of ``budget_s`` since ``start_s`` (time.monotonic()), with
    something kept back for what comes after it.  ``like`` is the port whose
    expectations hold for a kernel.  ``exhaust_s``: visit all states of the
    scopes of ``pyfuzz exhaust`` first, for at most so long; 0: not at all.
    """

    options: Options
    files: tuple[Regression, ...]
    base: Base | None
    like: str | None
    budget_s: float
    start_s: float
    exhaust_s: float = 0.0

    def run(self, watch: Callable[[Progress, str], None]) -> Result:
        """Do it; what ended it early, if anything, is in the result.

        Errors: PyfuzzError if it could not start.
        """
        options = self.options
        earlier = {path.stem for path in options.out.glob("findings/[!.]*.seq")}
        result = Result(options, self.base)
        with Comparison(options.target, self.base) as comparison:
            result.fixed = comparison.fixed
            try:
                self._replay(result, comparison, watch)
                self._exhaust(result, watch)
                self._fuzz(result, watch)
                self._judge(result, comparison, earlier, watch)
            except KeyboardInterrupt:
                result.interrupted = True
        result.seconds = time.monotonic() - self.start_s
        return result

    def _replay(
        self, result: Result, comparison: Comparison, watch: Callable[[Progress, str], None]
    ) -> None:
        options = self.options
        files = [one for one in self.files if one.holds(options.target, self.like)]
        watch(Progress(options), f"replaying {len(files)} regressions")
        comparison.replay_findings_of_base()
        for one in files:
            flavour, kernel = options.flavour, options.kernel
            result.regressions.append(
                regressions.check(one, comparison, flavour, self.like, kernel)
            )

    def _exhaust(self, result: Result, watch: Callable[[Progress, str], None]) -> None:
        if not self.exhaust_s:
            return
        options = self.options
        watch(Progress(options), "visiting all states")
        until_s = time.monotonic() + self.exhaust_s
        result.exhaust = Verdict(options.target, options.kernel, options.out)
        result.exhaust.searches, result.exhaust.wanted = search_scopes(
            options.target, (), {}, until_s, lambda _: None, options.workers
        )
        if any(search.interrupted for search in result.exhaust.searches):
            raise KeyboardInterrupt

    def _fuzz(self, result: Result, watch: Callable[[Progress, str], None]) -> None:
        options = self.options
        if options.runs is None:
            options = replace(options, seconds=self._left_s(result))
        campaign = Campaign(options, watch)
        result.progress = campaign.progress
        campaign.run()
        result.notes += campaign.progress.notes
        result.trouble = campaign.progress.trouble
        result.interrupted = campaign.progress.interrupted

    def _left_s(self, result: Result) -> float:
        """Return how long to fuzz."""
        left_s = self.budget_s - (time.monotonic() - self.start_s)
        left_s -= min(self.budget_s * _REST, _REST_S)
        if left_s < _LEAST_S:
            left_s = _LEAST_S
            result.notes.append(
                f"of {self.budget_s:g} s there was no time left to fuzz: fuzzed for "
                f"{_LEAST_S:g} s; give it more with --time"
            )
        return left_s

    def _judge(
        self,
        result: Result,
        comparison: Comparison,
        earlier: set[str],
        watch: Callable[[Progress, str], None],
    ) -> None:
        """Say of each finding of the campaign whether it is on the base."""
        progress = result.progress
        assert progress is not None
        findings = [*progress.findings, *self._exhausted(result)]
        result.items = [self._item(finding) for finding in findings]
        result.compared = self.base is None
        if result.interrupted:
            return
        watch(progress, "comparing with the base" if self.base else "replaying the findings")
        items = []
        try:
            for finding, item in zip(findings, result.items, strict=True):
                judged = self._judged(finding, item, comparison)
                if judged is None and finding.stem in earlier:
                    where = f"an earlier campaign in {self.options.out}"
                    comparison.fixed.append(Fixed(item.symptom, where))
                    continue
                if judged is None:
                    result.notes.append(f"{finding.stem}: a replay no longer shows it")
                items.append(judged or item)
        except PyfuzzError as error:
            result.trouble = result.trouble or error
            return
        signatures = {number for one in findings for number in (one.signature, *one.also)}
        items += [item for number, item in comparison.still.items() if number not in signatures]
        result.items, result.compared = items, True

    def _exhausted(self, result: Result) -> list[Finding]:
        """Return what the search of all states found and the campaign did not, with artifacts."""
        if result.exhaust is None or result.progress is None:
            return []
        options = self.options
        seen = {n for one in result.progress.findings for n in (one.signature, *one.also)}
        findings = [one for one in result.exhaust.findings if one.signature not in seen]
        try:
            for finding in findings:
                folder = options.out / "findings"
                write_artifact(finding, options.target, options.kernel, folder)
            record.write(options.out, as_object(result.exhaust))
        except OSError as error:
            raise UsageError(f"{options.out} cannot be written: {error.strerror}") from error
        return findings

    def _judged(self, finding: Finding, item: Item, comparison: Comparison) -> Item | None:
        """Return a finding with what the base says of it, None if a replay does not show it."""
        found = comparison.target.run(item.operations, finding.flavour)
        shown = next((one for one in found if one.symptom.like(finding.symptom)), None)
        if shown is None:
            return None
        on_base = comparison.on_base(item.operations, finding.flavour)
        why = comparison.why(item, finding.signature, shown.operation, on_base)
        return replace(item, base=why)

    def _item(self, finding: Finding) -> Item:
        options = self.options
        artifact = finding.artifact
        command = ""
        if artifact is not None:
            command = replay_command(artifact, options.target, options.kernel, finding.flavour)
        return Item(
            symptom=finding.symptom,
            operations=tuple(finding.operations),
            known=finding.known,
            expired=options.target.expired(finding.symptom),
            count=finding.count,
            first_seconds=finding.first_seconds,
            stem=finding.stem,
            command=command,
            flavour=finding.flavour,
        )
