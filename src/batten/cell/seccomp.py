"""The system calls that a cell refuses, as a BPF program for the kernel.

Sources: seccomp(2), https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html; numbers from the kernel's
syscall tables for x86_64 and from include/uapi/asm-generic/unistd.h, which aarch64 uses.
"""

from __future__ import annotations

import struct
from enum import Enum

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_EPERM, _EAFNOSUPPORT, _ENOSYS = 1, 97, 38
_NUMBER, _ARCHITECTURE = 0, 4
_ARGUMENTS = 16  # each of eight bytes, the low half first
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_NEWER = 470  # calls that came after these tables were read (Linux 6.17), and those of the x32 interface
_CLONE_THREAD = 0x00010000
_NAMESPACES = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
_FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6: their reach is the cell's own network
_TYPES = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: typing into the user's terminal

# name: (x86_64, aarch64); -1: that architecture has no such call.
_DENIED: dict[str, tuple[int, int]] = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_setup": (206, 0),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "fanotify_init": (300, 262),
    "quotactl": (179, 60),
    "acct": (163, 89),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "syslog": (103, 116),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "iopl": (172, -1),
    "ioperm": (173, -1),
    "modify_ldt": (154, -1),
    "vhangup": (153, 58),
}
_CLONE, _CLONE3 = (56, 220), (435, 435)
_FORKS = (57, 58)  # fork and vfork, which aarch64 does not have
_SOCKET, _IOCTL = (41, 198), (16, 29)
# What sends to a name: a path leads to servers of this machine even where there is no network.
_CONNECT, _SENDTO, _SENDMSG, _SENDMMSG = (42, 203), (44, 206), (46, 211), (307, 269)
# What changes a file that cannot be opened: Landlock hides contents, and leaves names and what is noted beside them.
_METADATA = {
    "chmod": (90, -1),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, -1),
    "fchown": (93, 55),
    "lchown": (94, -1),
    "fchownat": (260, 54),
    "utime": (132, -1),
    "utimes": (235, -1),
    "futimesat": (261, -1),
    "utimensat": (280, 88),
    "truncate": (76, 45),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
}
# What reaches the user's other processes where they can be seen.
_OTHERS = {
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "sched_setaffinity": (203, 122),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "process_mrelease": (448, 448),
}
_PRLIMIT = (302, 261)


class View(Enum):
    """What keeps the program from the rest of the machine."""

    MOUNTS = "a private file tree and namespaces"
    LANDLOCK = "Landlock, and namespaces"
    LANDLOCK_ALONE = "Landlock; namespaces are not available"


def program(machine: str, view: View, *, forks: bool, network: bool, segments: bool = False) -> bytes:
    """The filter for a machine's architecture, which refuses what the view leaves open. `segments` are those of System V's
    shared memory, which a namespace keeps from other programs. Raises KeyError for an architecture whose calls are not
    known here."""
    known = _ARCHITECTURES[machine]
    column = list(_ARCHITECTURES).index(machine)
    made = [_load(_ARCHITECTURE), _step(_EQUAL, known, 1, 0), _returned(_KILL)]
    made.append(_load(_NUMBER))
    made += [_step(_AT_LEAST, _NEWER, 0, 1), _returned(_ERRNO | _ENOSYS)]
    alone = view is View.LANDLOCK_ALONE
    own = {"shmget"} if segments and not alone else set[str]()
    denied = [
        *(numbers for name, numbers in _DENIED.items() if name not in own),
        *(() if view is View.MOUNTS else _METADATA.values()),
    ]
    denied += _OTHERS.values() if alone and not forks else ()
    made += [step for numbers in denied if numbers[column] >= 0 for step in _refused(numbers[column])]
    made += _refused(_CLONE3[column], _ENOSYS)  # its flags lie in memory, where no filter sees them
    made += _cloned(_CLONE[column], forks)
    if machine == "x86_64" and not forks:
        made += [step for number in _FORKS for step in _refused(number)]
    families = _FAMILIES[:1] if alone and not network else _FAMILIES
    made += _only(_SOCKET[column], families, _EAFNOSUPPORT)
    made += _never(_IOCTL[column], 1, _TYPES)
    if not network:
        made += [s for calls in (_CONNECT, _SENDMSG, _SENDMMSG) for s in _refused(calls[column])]
        made += _unnamed(_SENDTO[column])
    if alone:
        made += _only(_PRLIMIT[column], (0,), _EPERM)  # its own limits
    return b"".join([*made, _returned(_ALLOW)])


def _step(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, value)


def _load(offset: int) -> bytes:
    return _step(_LOAD, offset)


def _returned(value: int) -> bytes:
    return _step(_RETURN, value)


def _refused(number: int, error: int = _EPERM) -> list[bytes]:
    return [_step(_EQUAL, number, 0, 1), _returned(_ERRNO | error)]


def _guarded(number: int, body: list[bytes]) -> list[bytes]:
    """The body for one call; whoever leaves it finds the call's number loaded again."""
    return [_step(_EQUAL, number, 0, len(body) + 1), *body, _load(_NUMBER)]


def _cloned(number: int, forks: bool) -> list[bytes]:
    """Threads, and processes where they are allowed; never a namespace."""
    refusal = _returned(_ERRNO | _EPERM)
    body = [_load(_ARGUMENTS), _step(_ANY_BIT, _NAMESPACES, 0, 1), refusal]
    if not forks:
        body += [_step(_ANY_BIT, _CLONE_THREAD, 1, 0), refusal]
    return _guarded(number, body)


def _only(number: int, values: tuple[int, ...], error: int) -> list[bytes]:
    """A call whose first argument is one of the values."""
    tests = [_step(_EQUAL, value, len(values) - at, 0) for at, value in enumerate(values)]
    return _guarded(number, [_load(_ARGUMENTS), *tests, _returned(_ERRNO | error)])


def _never(number: int, argument: int, values: tuple[int, ...]) -> list[bytes]:
    """A call whose argument is none of the values."""
    tests = [s for value in values for s in (_step(_EQUAL, value, 0, 1), _returned(_ERRNO | _EPERM))]
    return _guarded(number, [_load(_ARGUMENTS + 8 * argument), *tests])


def _unnamed(number: int) -> list[bytes]:
    """`sendto` on a socket that is connected: its address, the fifth argument, is null."""
    refusal = _returned(_ERRNO | _EPERM)
    address = _ARGUMENTS + 8 * 4
    halves = ([_load(at), _step(_EQUAL, 0, 1, 0), refusal] for at in (address, address + 4))
    return _guarded(number, [step for half in halves for step in half])
