# SPDX-License-Identifier: GPL-2.0-only
"""Any wrong file gives one line with file, line and remedy, exit code 2, and no hang."""

from __future__ import annotations

import io
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_process import pyfuzz
from made_runs import lost_entry, make_run

from pyfuzz.cli import group
from pyfuzz.sequence import container
from pyfuzz.sequence.input import Input

# Far longer than any of these takes, so that a read that hangs does not hang the tests.
LIMIT_S = 600
SEQUENCE = b"# pyfuzz sequence 1\nadd vm0 f0 s0\n"
WHOLE = container.pack(Input(bytes(4)))
NOT_UTF_8 = os.fsdecode(b"\xff.seq")

Damage = Callable[[Path], None]


def bytes_of(data: bytes) -> Damage:
    def damage(path: Path) -> None:
        path.write_bytes(data)

    return damage


def fifo(path: Path) -> None:
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.mkdir()


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def huge(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(1 << 30)


def missing(path: Path) -> None:
    """Leave it so."""


# Wrong files of every kind: name, how to create it, expected message.
NO_FILES: list[tuple[str, Damage, str]] = [
    ("missing", missing, "x{0}: cannot be read: No such file or directory; name a file you can"),
    ("folder", folder, "x{0}: cannot be read: it is a folder; name a file you can"),
    ("loop", loop, "x{0}: cannot be read: Too many levels of symbolic links; name a file"),
    ("fifo", fifo, "x{0}: cannot be read: it is a FIFO; name a file you can"),
    ("device", device, "x{0}: cannot be read: it is a device; name a file you can"),
]
SEQUENCES: list[tuple[str, str, Damage, str]] = [
    *((name, "x.seq", damage, said.format(".seq")) for name, damage, said in NO_FILES),
    ("huge", "x.pyfz", huge, "x.pyfz: a file with a sequence must have at most 1048576 bytes"),
    ("vm", "x.seq", bytes_of(SEQUENCE + b"add vm9 f0 s0"), "x.seq:3: the VM of add must be vm0"),
    ("word", "x.seq", bytes_of(SEQUENCE + b"\n\nad vm0"), "x.seq:5: an operation must be one of"),
    ("version", "x.seq", bytes_of(b"# pyfuzz sequence 9"), "x.seq:1: the sequence's version must"),
    ("long", "x.seq", bytes_of(b"a" * 500_000), "x.seq:1: a word must have at most 64 characters"),
    ("escape", "x.seq", bytes_of(b"add \x1b[2J"), "x.seq:1: a word must be printable, is '\\x1b["),
    ("latin-1", "x.seq", bytes_of(SEQUENCE + b"# \xe4"), "x.seq:3: must be text in UTF-8, byte"),
    ("nul", "x.seq", bytes_of(SEQUENCE + b"\0"), "x.seq:3: must be text, byte 34 is 0x00; if"),
    ("many", "x.seq", bytes_of(b"count vm0 f0\n" * 2000), "x.seq: a sequence must have at most"),
    ("no-text", "x", bytes_of(b"\xff" * 5000), "x: an engine input must have at most 4096 bytes"),
    ("name", NOT_UTF_8, bytes_of(b"ad"), "pyfuzz: \\udcff.seq:1: an operation must be one of"),
    ("cut", "x.pyfz", bytes_of(WHOLE[:9]), "x.pyfz: a container must have at least 16 bytes, has"),
    ("length", "x.pyfz", bytes_of(WHOLE + b"x"), "x.pyfz: the payload must have 4 bytes, has 5"),
    ("crc", "x.pyfz", bytes_of(WHOLE[:-1] + b"x"), "x.pyfz: the payload's CRC-32 must be"),
    (
        "container-version",
        "x.pyfz",
        bytes_of(b"PYFZ\2" + WHOLE[5:]),
        "version must be 1, is 2; use",
    ),
]
TAKE_A_SEQUENCE = [
    ["show"],
    ["replay"],
    ["minimize"],
    ["export", "--format", "c"],
    ["export", "--format", "sarif"],
    ["corpus"],
    ["merge", "-o", "new"],
]


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run in an empty folder, for a limited time, and restore what the command line sets."""
    monkeypatch.chdir(tmp_path)

    def too_long(number: int, frame: object) -> None:
        raise TimeoutError(f"it did not end within {LIMIT_S} s")

    ending = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in ending}
    alarm = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(LIMIT_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, alarm)
    for number, handler in before.items():
        signal.signal(number, handler)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that must reject its input; return its one line."""
    code = group.run(list(arguments))
    out, err = capsys.readouterr()
    lines = [line for line in err.splitlines() if not line.endswith("…")]
    assert (2, "", 1) == (code, out, len(lines)), err
    assert "bug in pyfuzz" not in err
    assert len(lines[0]) < 1300
    return lines[0]


@pytest.mark.parametrize("command", TAKE_A_SEQUENCE, ids=" ".join)
def test_sequence_that_is_none_is_refused_by_every_command(
    tmp_path: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for case, name, damage, said in SEQUENCES:
        if command[0] in ("corpus", "merge", "export") and case == "folder":
            continue  # these take folders
        damage(tmp_path / name)
        assert said in refused(capsys, *command, name), case
        path = tmp_path / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        *((damage, said.format(".seq")) for _, damage, said in NO_FILES),
        (bytes_of(WHOLE), "x.seq: must be text, is a binary container; see: pyfuzz show x.seq"),
        (bytes_of(SEQUENCE + b"add vm9"), "x.seq:3: the VM of add must be"),
    ],
)
def test_pack_of_what_is_no_text_is_refused(
    tmp_path: Path, damage: Damage, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(tmp_path / "x.seq")
    assert said in refused(capsys, "pack", "x.seq")
    assert not (tmp_path / "x.pyfz").exists()


KNOWN: list[tuple[Damage, str]] = [
    (missing, "x.toml: the known-findings file cannot be read: No such file or directory; name"),
    (fifo, "x.toml: the known-findings file cannot be read: it is a FIFO; name"),
    (folder, "x.toml: the known-findings file cannot be read: it is a folder; name"),
    (huge, "x.toml: a known-findings file must have at most 1048576 bytes"),
    (bytes_of(b"\n# \xe4"), "x.toml:2: a known-findings file must be TOML in UTF-8"),
    (bytes_of(b"[[known]\n"), "x.toml:1: must be TOML"),
    (bytes_of(b"x = " + b"[" * 50_000), "x.toml: must be TOML: is nested too deep"),
    (bytes_of(b"x = " + b"9" * 5000), "x.toml: must be TOML: "),
    (bytes_of(b'\n[[known]]\nkind = "host-bag"\nfunction="*"'), "x.toml:2: entry 1: kind must be"),
    (bytes_of(b"known = 3"), "x.toml: 'known' must be written as [[known]]"),
]


@pytest.mark.parametrize(("damage", "said"), KNOWN)
@pytest.mark.parametrize("command", ["replay", "corpus", "fuzz"])
def test_known_findings_file_that_is_none_is_refused(
    tmp_path: Path, command: str, damage: Damage, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(tmp_path / "x.toml")
    (tmp_path / "a.seq").write_bytes(SEQUENCE)
    file = [] if command == "fuzz" else ["a.seq"]
    assert said in refused(capsys, command, *file, "--known", "x.toml")


DEEP = b"[" * 100_000
JSON: list[tuple[str, Damage, str]] = [
    ("empty", bytes_of(b""), "line 1: Expecting value"),
    ("cut", bytes_of(b'{"pyfuzz": 1,\n "target": "rfc'), "line 2: Unterminated string"),
    ("deep", bytes_of(DEEP), "it is nested too deeply"),
    ("digits", bytes_of(b'{"pyfuzz": ' + b"9" * 5000 + b"}"), "too many digits"),
    ("latin-1", bytes_of(b'{\n"\xe4": 1}'), "line 2 is not valid UTF-8, has byte 0xe4"),
    ("list", bytes_of(b"[1]"), "object, "),
    ("fifo", fifo, "it is a FIFO"),
    ("folder", folder, "it is a folder"),
    ("loop", loop, "Too many levels of symbolic links"),
    ("huge", huge, "it must have at most 67108864 bytes"),
]


def damaged_run(tmp_path: Path, file: str, damage: Damage) -> None:
    run = make_run(tmp_path / "run", lost_entry())
    (run / file).unlink()
    damage(run / file)


@pytest.mark.parametrize(("damage", "said"), [row[1:] for row in JSON], ids=[r[0] for r in JSON])
def test_report_of_a_run_folder_whose_marker_is_damaged_says_why(
    tmp_path: Path, damage: Damage, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged_run(tmp_path, "run.json", damage)
    told = refused(capsys, "report", "run")
    assert "run is not a readable run folder: its run.json cannot be understood (" in told
    assert said in told
    assert "name a file with -o FILE" in told


@pytest.mark.parametrize("command", ["export run --format junit", "regress run new"])
@pytest.mark.parametrize(("damage", "said"), [row[1:] for row in JSON], ids=[r[0] for r in JSON])
def test_command_on_a_run_folder_whose_summary_is_damaged_says_why(
    tmp_path: Path,
    command: str,
    damage: Damage,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    damaged_run(tmp_path, "summary.json", damage)
    told = refused(capsys, *command.split())
    assert "run/summary.json: " in told
    assert said in told
    assert "name the run folder of a campaign that has ended" in told
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("command", ["corpus run", "merge run -o new"])
@pytest.mark.parametrize(("damage", "said"), [row[1:] for row in JSON], ids=[r[0] for r in JSON])
def test_corpus_of_a_run_folder_whose_provenance_is_damaged_asks_for_the_target(
    tmp_path: Path,
    command: str,
    damage: Damage,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    damaged_run(tmp_path, "provenance.json", damage)
    told = refused(capsys, *command.split())
    assert "run/provenance.json cannot be read (" in told
    assert said in told
    assert "name the target with --target or --kernel" in told


@pytest.mark.parametrize(("damage", "said"), [row[1:] for row in JSON], ids=[r[0] for r in JSON])
def test_base_whose_summary_is_damaged_is_refused_before_anything_runs(
    tmp_path: Path, damage: Damage, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged_run(tmp_path, "summary.json", damage)
    told = refused(capsys, "ci", "--base", "run", "--runs", "1")
    assert "run/summary.json: " in told
    assert said in told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("damage", "said"), [row[1:] for row in JSON], ids=[r[0] for r in JSON])
def test_matrix_that_is_none_is_refused(
    tmp_path: Path, damage: Damage, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(tmp_path / "x.json")
    told = refused(capsys, "containment", "rfc-v4", "--replay", "x.json")
    assert "pyfuzz: x.json: " in told
    # Bytes that are not text are reported as such, without the line.
    assert said in told or "it is not UTF-8 text" in told


@pytest.mark.parametrize("command", ["extract", "fuzz --runs 1", "replay a.seq", "corpus a.seq"])
def test_kernel_that_is_none_is_refused(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.seq").write_bytes(SEQUENCE)
    for damage, said in (
        (missing, "x: no such file or folder"),
        (fifo, "x: cannot be read (it is a FIFO)"),
        (device, "x: cannot be read (it is a device)"),
        (loop, "x: cannot be read (Too many levels of symbolic links)"),
        (folder, "x: holds no arch/x86/kvm/mmu/mmu.c"),
        (huge, "x: a source file may have 4194304 bytes, has 1073741824"),
        (bytes_of(b"int x;\0"), "x: is not C source (it has NUL bytes)"),
        (bytes_of(b"int x;"), "x: "),
    ):
        path = tmp_path / "x"
        damage(path)
        told = refused(capsys, *command.split(), "--kernel", "x")
        assert f"pyfuzz: {said}" in told
        assert "; give " in told or said == "x: "
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    assert ["a.seq"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize("command", ["corpus run", "merge run -o new"])
def test_run_folder_without_its_marker_is_no_corpus(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # Its summary is short enough to be taken for an engine's input.
    run = make_run(tmp_path / "run", lost_entry())
    for file in ("run.json", "provenance.json"):
        (run / file).unlink()
    told = refused(capsys, *command.split())
    assert "pyfuzz: run: does not say what was fuzzed" in told


def test_run_folder_of_another_version_is_said_to_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged_run(tmp_path, "run.json", bytes_of(b'{"pyfuzz": 99, "target": "rfc-v3"}'))
    assert "of format 99, this pyfuzz reads format 1" in refused(capsys, "report", "run")
    assert "format 99" in refused(capsys, "fuzz", "rfc-v3", "--out", "run", "--runs", "1")


@pytest.mark.parametrize("command", [["show"], ["replay"], ["pack", "-o", "-"]], ids=" ".join)
def test_standard_input_is_named_where_it_is_wrong(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SEQUENCE + b"add vm9")))
    assert "pyfuzz: standard input:3: the VM of add" in refused(capsys, *command, "-")


def test_standard_input_is_read_where_a_file_would_be(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(WHOLE)))
    assert 0 == group.run(["show", "-"])
    assert SEQUENCE.decode() == capsys.readouterr().out


def test_name_that_is_no_text_is_printed_all_the_same(tmp_path: Path) -> None:
    (tmp_path / NOT_UTF_8).write_bytes(SEQUENCE)
    done = pyfuzz("replay", NOT_UTF_8, folder=tmp_path, PYTHONIOENCODING="utf-8:strict")
    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.startswith("\\udcff.seq on rfc-v4")
