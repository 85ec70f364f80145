# SPDX-License-Identifier: GPL-2.0-only
"""The page of planted mutants, sorted by outcome."""

from __future__ import annotations

from html.parser import HTMLParser

from pyfuzz.kinds import Kind
from pyfuzz.mutants import experiment, page
from pyfuzz.mutants.mutant import Edit, Mutant
from pyfuzz.mutants.trial import Trial
from pyfuzz.target import catalogue

EDIT = Edit(("pte_list_add",), "old", "new")


def mutant(name: str, *kinds: Kind, equivalent: str = "") -> Mutant:
    return Mutant(name, f"what {name} is <b>", "a slip", kinds, ((EDIT,),), "shared", equivalent)


def trial(kind: Kind | None) -> Trial:
    return Trial(seed=1, reached=True, executions=1234, steps=1, processor_s=0.5, kind=kind)


def result(*outcomes: experiment.Outcome) -> experiment.Result:
    return experiment.Result(experiment.Options(catalogue.get("v6.6")), (), list(outcomes))


def section(text: str, name: str) -> str:
    """Return the text of one section of a page."""
    start = text.index(f'<section id="{name}"')
    return text[start : text.index("</section>", start)]


def test_page_tells_missed_other_and_right_kinds_apart() -> None:
    text = page.render(
        result(
            experiment.Outcome(mutant("not-seen", Kind.LEAK), [trial(None)]),
            experiment.Outcome(mutant("as-leak", Kind.SHAPE), [trial(Kind.LEAK)], triggered=True),
            experiment.Outcome(mutant("as-said", Kind.LEAK), [trial(Kind.LEAK)], triggered=True),
        )
    )

    assert "not-seen" in section(text, "missed")
    other = section(text, "other")
    assert "as-leak" in other
    assert "detected as another kind" in other
    assert other.index("leak</code>", other.index("another kind")) < other.index("shape</code>")
    assert "as-said" in section(text, "found")
    assert "1 mutant missed" in section(text, "summary")


def test_page_gives_the_reasons_of_those_that_do_not_count() -> None:
    text = page.render(
        result(
            experiment.Outcome(mutant("same", equivalent="the order is no promise"), [trial(None)]),
            experiment.Outcome(mutant("gone"), trouble="gone does not apply: there is no f"),
            experiment.Outcome(mutant("as-said", Kind.LEAK), [trial(Kind.LEAK)], triggered=True),
        )
    )

    assert "the order is no promise" in section(text, "equivalent")
    assert "there is no f" in section(text, "elsewhere")
    assert "Every mutant was found" in section(text, "summary")


def test_page_escapes_and_loads_nothing() -> None:
    class Loads(HTMLParser):
        found: tuple[str, ...] = ()

        def handle_starttag(self, _: str, attrs: list[tuple[str, str | None]]) -> None:
            links = [v for k, v in attrs if k in ("src", "href") and v and not v.startswith("#")]
            self.found += tuple(link for link in links if not link.startswith("data:"))

    text = page.render(
        result(experiment.Outcome(mutant("x", Kind.LEAK), [trial(Kind.LEAK)], triggered=True))
    )
    parser = Loads()
    parser.feed(text)

    assert () == parser.found
    assert "what x is &lt;b&gt;" in text
