# SPDX-License-Identifier: GPL-2.0-only
"""The results of planted mutants as text, as plain data, and as Markdown."""

from __future__ import annotations

from collections import Counter
from statistics import median

from pyfuzz.mutants.experiment import Options, Outcome, Result, times_s


def status(outcome: Outcome) -> str:
    """Return a mutant's outcome in a word or two."""
    if outcome.trouble:
        return "does not apply"
    if outcome.mutant.equivalent:
        return "DETECTED, but listed as equivalent" if outcome.found else "equivalent"
    if not outcome.found:
        return "MISSED"
    if not outcome.detected:
        return f"detected in {len(outcome.found)} of {len(outcome.trials)}"
    return "detected as another kind" if outcome.wrong_kind else "detected"


def line(outcome: Outcome) -> str:
    """Return one progress line about a mutant."""
    mutant = outcome.mutant
    if outcome.trouble:
        return f"{mutant.name:26} does not apply"
    seen = " ".join(
        word
        for word, holds in (("reached", outcome.reached), ("triggered", outcome.triggered))
        if holds
    )
    text = f"{mutant.name:26} {status(outcome):10} {seen}"
    if outcome.found:
        text += (
            f"  {executions(outcome)} executions, {seconds(outcome)} s  {', '.join(kinds(outcome))}"
        )
    if outcome.wrong_kind:
        text += f" (expected {', '.join(kind.value for kind in mutant.kinds)})"
    return text


def missed(result: Result) -> list[Outcome]:
    """Return the mutants that some trial should have found but did not."""
    return [o for o in result.outcomes if counts(o) and not o.detected]


def exit_code(result: Result) -> int:
    """Return the command's exit code."""
    return 130 if result.left else int(bool(missed(result)))


def totals(result: Result) -> str:
    """Return the one-line summary."""
    counted = [o for o in result.outcomes if counts(o)]
    detected = sum(o.detected for o in counted)
    words = Counter(
        "equivalent" if not o.trouble else "not applicable"
        for o in result.outcomes
        if not counts(o)
    )
    times = sorted(times_s(counted))
    options = result.options
    text = (
        f"{options.target.name}: {detected} of {len(counted)} mutants detected within "
        f"{options.time_per_mutant_s:g} s ({share(detected, len(counted))})"
    )
    if times:
        within = share(sum(s <= 2 for s in times), sum(len(o.trials) for o in counted))
        text += (
            f", {within} within 2 s; processor time: median {median(times):.2f} s, "
            f"restricted mean {restricted_mean_s(counted, options.time_per_mutant_s):.2f} s, "
            f"longest {times[-1]:.2f} s"
        )
    wrong = sum(o.wrong_kind for o in counted)
    text += f"; {wrong} as a kind that was not expected"
    text += "".join(f"; {number} {word}" for word, number in sorted(words.items()))
    return text + (f"; {result.left} not measured: interrupted" if result.left else "")


def restricted_mean_s(outcomes: list[Outcome], budget_s: float) -> float:
    """Return the mean time to detection; a trial that found nothing counts as the budget."""
    times = [
        one.processor_s if one.kind is not None else budget_s
        for outcome in outcomes
        for one in outcome.trials
    ]
    return sum(times) / len(times) if times else 0.0


def as_object(result: Result) -> dict[str, object]:
    """Return the result as plain data, for JSON."""
    options: Options = result.options
    counted = [o for o in result.outcomes if counts(o)]
    return {
        "target": options.target.name,
        "source": str(options.target.source),
        "seed": options.seed,
        "trials": options.trials,
        "time_per_fault": options.time_per_mutant_s,
        "shown_without_fault": [known.in_short() for known in result.baseline],
        "faults_counted": len(counted),
        "detected": sum(o.detected for o in counted),
        "wrong_kind": sum(o.wrong_kind for o in counted),
        "missed": [o.mutant.name for o in missed(result)],
        "left": result.left,
        "restricted_mean_s": restricted_mean_s(counted, options.time_per_mutant_s),
        "faults": [_object(o) for o in result.outcomes],
    }


def as_markdown(result: Result) -> str:
    """Return the result as a table."""
    rows = [
        "| mutant | mistake | reached, triggered | executions | processor s | found | expected |",
        "|---|---|---|---:|---:|---|---|",
    ]
    for o in result.outcomes:
        mutant = o.mutant
        seen = f"{'yes' if o.reached else 'no'}, {'yes' if o.triggered else 'no'}"
        as_kind = ", ".join(kinds(o)) if o.found and not mutant.equivalent else status(o)
        if o.wrong_kind:
            as_kind = f"**{as_kind}**"
        expected = mutant.equivalent or ", ".join(kind.value for kind in mutant.kinds)
        what = mutant.what.replace("|", "\\|")
        rows.append(
            f"| {mutant.name} | {what} | {'' if o.trouble else seen} | {executions(o)} | "
            f"{seconds(o)} | {as_kind} | {expected} |"
        )
    return "\n".join(rows)


def counts(outcome: Outcome) -> bool:
    """Return whether a mutant must be found."""
    return not outcome.trouble and not outcome.mutant.equivalent


def _object(outcome: Outcome) -> dict[str, object]:
    mutant = outcome.mutant
    return {
        "name": mutant.name,
        "what": mutant.what,
        "like": mutant.like,
        "group": mutant.group,
        "expected": [kind.value for kind in mutant.kinds],
        "equivalent": mutant.equivalent or None,
        "status": status(outcome),
        "trouble": outcome.trouble or None,
        "reached": outcome.reached,
        "triggered": outcome.triggered,
        "detected": outcome.detected,
        "trials": [
            {
                "seed": one.seed,
                "executions": one.executions,
                "steps": one.steps,
                "processor_s": round(one.processor_s, 4),
                "kind": one.kind.value if one.kind else None,
                "function": one.function,
                "message": one.message,
                "died": one.died or None,
            }
            for one in outcome.trials
        ],
    }


def executions(outcome: Outcome) -> str:
    """Return the median of the executions to detection as text, "" if nothing was found."""
    found = outcome.found
    return f"{median(one.executions for one in found):,.0f}" if found else ""


def seconds(outcome: Outcome) -> str:
    """Return the median of the processor seconds to detection as text, "" if nothing was found."""
    found = outcome.found
    return f"{median(one.processor_s for one in found):.2f}" if found else ""


def kinds(outcome: Outcome) -> tuple[str, ...]:
    """Return the kinds that the trials found, the most frequent first."""
    numbers = Counter(one.kind.value for one in outcome.found if one.kind)
    return tuple(kind for kind, _ in numbers.most_common())


def _listed(outcome: Outcome) -> str:
    return ", ".join(kinds(outcome))


def command(options: Options) -> str:
    """Return the command that measures this again."""
    target = options.target
    what = "--kernel PATH" if target.extracted else target.name
    words = [f"pyfuzz mutants {what} --time-per-mutant {options.time_per_mutant_s:g}s"]
    words += [f"--trials {options.trials} --seed {options.seed}"]
    words += [f"--only {name}" for name in options.only]
    words += [f"--sample {options.sample}"] if options.sample else []
    return " ".join(words + (["--mechanical"] if options.mechanical else []))


def share(part: int, whole: int) -> str:
    """Return a part of a whole in percent."""
    return f"{100 * part / whole:.1f} %" if whole else "none"
