"""Become a program described by a JSON file {"argv": […], "env": {…}, "cwd": "…"}. Standard library only; run by path.

Read at every start, so a changed file (a crash point switched on) takes effect at the next restart. The kernel is
asked to end the program when whoever started it dies, so that no kill -9, of anything, leaves processes behind;
`unwatched` as a second argument leaves that out.
"""

import ctypes
import json
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    starter = os.getppid()
    with open(sys.argv[1], encoding="utf-8") as file:
        program = json.load(file)
    if "unwatched" not in sys.argv[2:]:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != starter:  # it died before the line above
            sys.exit(1)
    os.chdir(program["cwd"])
    os.execve(program["argv"][0], program["argv"], program["env"])  # noqa: S606 - a program of our own, no shell wanted


main()
