"""Ports on loopback, remembered between starts and picked again when somebody else has taken them."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

# Below the range from which Linux gives ports to outgoing connections: none of ours can be taken by accident later.
FIRST_PORT, LAST_PORT = 20_000, 32_000
# A stack has some forty. Stacks that start together look in different places: a port is taken only when its program
# listens, and until then two would choose the same.
PORTS_OF_A_STACK = 64
PLACES = (LAST_PORT - FIRST_PORT) // PORTS_OF_A_STACK
# Names of sockets without a file (unix(7), "abstract"): one network has them once, and they end with their process.
_reserved: list[socket.socket] = []


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def remembered_ports(file: Path, names: Iterable[str]) -> dict[str, int]:
    """A free loopback port per name: the one in `file` where it is still free, else another. Writes the file."""
    before: dict[str, int] = {}
    with suppress(FileNotFoundError, ValueError):  # a file cut short by a full disk or a kill is as good as none
        before = json.loads(file.read_text())
    chosen: dict[str, int] = {}
    begin = None
    for name in names:
        port = before.get(name, 0)
        if not port or port in chosen.values() or not is_free(port):
            begin = _reserve_place() if begin is None else begin
            port = _pick(begin, set(chosen.values()) | set(before.values()))
        chosen[name] = port
    file.write_text(json.dumps(chosen, indent=1, sort_keys=True))
    return chosen


def holder_of(port: int) -> str:
    """Who listens on a port, as far as this user may see: "pid 123 (python3)", or ""."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with suppress(OSError):
                for handle in (process / "fd").iterdir():
                    with suppress(OSError):
                        if str(handle.readlink()) in inodes:
                            return f"pid {process.name} ({(process / 'comm').read_text().strip()})"
    return ""


def _reserve_place() -> int:
    """Where to look from: a place that no other stack looks from while this process lives, as far as there is one."""
    for step in range(PLACES):
        place = (os.getpid() + step) % PLACES
        reservation = socket.socket(socket.AF_UNIX)
        try:
            reservation.bind(f"\0emitra-ports-{place}")
        except OSError:
            reservation.close()
            continue
        _reserved.append(reservation)
        return place * PORTS_OF_A_STACK
    return os.getpid() % PLACES * PORTS_OF_A_STACK


def _pick(begin: int, taken: set[int]) -> int:
    ports = LAST_PORT - FIRST_PORT
    for step in range(ports):
        port = FIRST_PORT + (begin + step) % ports
        if port not in taken and is_free(port):
            return port
    raise OSError(f"no free port between {FIRST_PORT} and {LAST_PORT} on 127.0.0.1")
