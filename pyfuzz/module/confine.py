# SPDX-License-Identifier: GPL-2.0-only
"""Takes away from a process what a target does not need, before the target is loaded.

A kernel that somebody sends you is a stranger's code: its constructors run as
soon as it is loaded.  Landlock forbids writing outside of the folders that are
named.  A seccomp filter forbids the network, other programs and processes, and
signals to others.  Neither needs privileges, and neither can be taken back.
docs/security.md says what that keeps out and what it does not.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_PR_SET_PDEATHSIG = 1

# include/uapi/linux/landlock.h; these numbers are the same on every architecture.
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_ASK_VERSION = 1
_EXECUTE, _WRITE_FILE, _REFER, _TRUNCATE = 1 << 0, 1 << 1, 1 << 13, 1 << 14
# Removing a folder or file; making a device, folder, file, socket, pipe or link.
_CHANGE_FOLDER = sum(1 << bit for bit in range(4, 13))
# A pipe or a link among a worker's files would be a trap for the campaign, which reads them.
_SPECIAL = sum(1 << bit for bit in (6, 9, 10, 11, 12))
_TCP, _SCOPES = 0b11, 0b11  # bind and connect; abstract sockets and signals

# include/uapi/linux/{seccomp,filter,audit}.h
_SECCOMP = 317
_GET_ACTION_AVAIL = 2
_FILTER = 2
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER, _ARCH, _ARGUMENT = 0, 4, 16
_X86_64 = 0xC000003E
_X32 = 0x40000000
_CLONE_THREAD = 0x10000
_EPERM, _ENOSYS = 1, 38

# System calls of x86-64.
_CLONE, _CLONE3, _PRCTL, _PRLIMIT = 56, 435, 157, 302
_TO_ONESELF_ONLY = {"kill": 62, "tgkill": 234}
# What leaves the process: the network, other programs and processes, the attributes of
# files (which Landlock does not know), and the machine where root runs this.
_CALLS = """
socket:41 socketpair:53 io_uring_setup:425 shmget:29 semget:64 msgget:68 mq_open:240 fork:57
vfork:58 execve:59 execveat:322 ptrace:101 process_vm_writev:311 process_madvise:440 tkill:200
rt_sigqueueinfo:129 rt_tgsigqueueinfo:297 pidfd_send_signal:424 pidfd_open:434 setsid:112
setpgid:109 chmod:90 fchmod:91 fchmodat:268 fchmodat2:452 chown:92 fchown:93 lchown:94
fchownat:260 utime:132 utimes:235 futimesat:261 utimensat:280 setxattr:188 lsetxattr:189
fsetxattr:190 setxattrat:463 removexattr:197 lremovexattr:198 fremovexattr:199 removexattrat:466
mount:165 umount2:166 pivot_root:155 chroot:161 unshare:272 setns:308 open_tree:428
move_mount:429 fsopen:430 mount_setattr:442 reboot:169 sethostname:170 swapon:167 swapoff:168
settimeofday:164 clock_settime:227 adjtimex:159 clock_adjtime:305 ioperm:173 iopl:172
init_module:175 finit_module:313 delete_module:176 kexec_load:246 kexec_file_load:320 bpf:321
perf_event_open:298 userfaultfd:323 add_key:248 request_key:249 keyctl:250 open_by_handle_at:304
"""
_DENIED = {name: int(number) for name, _, number in (one.partition(":") for one in _CALLS.split())}


class _Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


@cache
def landlock_version() -> int:
    """Return the version of Landlock that this kernel offers, 0 if it has none."""
    version = _libc().syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), _ASK_VERSION)
    return max(0, int(version))


@cache
def has_seccomp() -> bool:
    """Tell whether system calls can be filtered here; the numbers are those of x86-64."""
    if platform.machine() != "x86_64":
        return False
    action = ctypes.c_uint32(_ERRNO)
    return bool(_libc().syscall(_SECCOMP, _GET_ACTION_AVAIL, 0, ctypes.byref(action)) == 0)


def lacking() -> list[str]:
    """Return a line for each thing that this machine cannot forbid."""
    lines = []
    if not landlock_version():
        lines.append(
            "this kernel has no Landlock: the target's code could write to your files; "
            "fuzz a kernel that you do not trust in a container"
        )
    if not has_seccomp():
        lines.append(
            "this machine cannot filter system calls: the target's code could use the network "
            "and start programs; fuzz a kernel that you do not trust in a container"
        )
    return lines


def confine(writable: Iterable[Path] = ()) -> None:
    """Confine this process to writing in ``writable``, without network or other processes.

    Files that are open already stay open.  A folder or file that does not exist
    cannot be written either.  Does as much as the machine can: see lacking().
    """
    if not landlock_version() and not has_seccomp():
        return
    _libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    given = ruleset(writable)
    if given is not None:
        _libc().syscall(_LANDLOCK_RESTRICT, given, 0)
        os.close(given)
    if has_seccomp():
        _filter_calls()


def die_with_parent() -> None:
    """Be killed when the thread that started this process ends, from now on."""
    _libc().prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))


def ruleset(writable: Iterable[Path], executable: Iterable[Path] = ()) -> int | None:
    """Return the file descriptor of a Landlock ruleset, None if this machine has none."""
    version = landlock_version()
    if not version:
        return None
    on_file = _WRITE_FILE | (_TRUNCATE if version >= 3 else 0)
    writing = on_file | _CHANGE_FOLDER | (_REFER if version >= 2 else 0)
    handled = [writing | _EXECUTE]
    handled += [_TCP] if version >= 4 else []
    handled += [_SCOPES] if version >= 6 else []
    attributes = struct.pack(f"={len(handled)}Q", *handled)
    made = int(_libc().syscall(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0))
    if made < 0:
        return None
    try:
        for path in (Path(os.devnull), *writable):
            _allow(made, path, writing & ~_SPECIAL if path.is_dir() else on_file)
        for path in executable:
            _allow(made, path, _EXECUTE)
    except BaseException:
        os.close(made)
        raise
    return made


def _allow(rules: int, path: Path, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        rule = struct.pack("=Qi", rights, fd)
        _libc().syscall(_LANDLOCK_ADD, rules, 1, rule, 0)
    finally:
        os.close(fd)


def _filter_calls() -> None:
    code = packed(program(os.getpid()))
    given = _Filter(len(code) // 8, code)
    _libc().prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(given), 0, 0)


_Instruction = tuple[int, int, int, int]


def packed(instructions: Iterable[_Instruction]) -> bytes:
    """Return a filter as the kernel takes it."""
    return b"".join(struct.pack("=HBBI", *one) for one in instructions)


def program(pid: int, *, executes: bool = False) -> Sequence[_Instruction]:
    """Return the filter for the process ``pid``: its instructions, in order.

    ``executes``: it may become another program, which is confined in the same way.
    """
    lines: list[_Instruction] = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, _X86_64),
        _refuse(_EPERM),
        (_LOAD, 0, 0, _NUMBER),
        (_ANY_BIT, 0, 1, _X32),
        _refuse(_EPERM),
    ]
    for name, number in _DENIED.items():
        if not (executes and name == "execve"):
            lines += [(_EQUAL, 0, 1, number), _refuse(_EPERM)]
    # Its flags are in memory, which a filter cannot read; libc falls back to clone().
    lines += [(_EQUAL, 0, 1, _CLONE3), _refuse(_ENOSYS)]
    for number in _TO_ONESELF_ONLY.values():
        lines += _about(number, [(_EQUAL, 1, 0, pid), _refuse(_EPERM)])
    lines += _about(_PRLIMIT, [(_EQUAL, 2, 0, 0), (_EQUAL, 1, 0, pid), _refuse(_EPERM)])
    lines += _about(_CLONE, [(_ANY_BIT, 1, 0, _CLONE_THREAD), _refuse(_EPERM)])
    # The target must not be able to outlive the campaign.
    lines += _about(_PRCTL, [(_EQUAL, 0, 1, _PR_SET_PDEATHSIG), _refuse(_EPERM)])
    return [*lines, (_RETURN, 0, 0, _ALLOW)]


def _about(number: int, checks: list[_Instruction]) -> list[_Instruction]:
    """Return the checks of one system call's first argument; a call that passes is allowed."""
    body = [(_LOAD, 0, 0, _ARGUMENT), *checks, (_RETURN, 0, 0, _ALLOW)]
    return [(_EQUAL, 0, len(body), number), *body]


def _refuse(errno: int) -> _Instruction:
    return (_RETURN, 0, 0, _ERRNO | errno)
