"""Ports are remembered, and picked again when taken."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

from emitra_local.ports import holder_of, remembered_ports


def test_the_same_names_get_the_same_ports_again(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = remembered_ports(file, ["mongod", "rabbitmq"])

    assert remembered_ports(file, ["mongod", "rabbitmq"]) == first
    assert len(set(first.values())) == 2


def test_a_port_that_somebody_took_meanwhile_is_picked_again(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = remembered_ports(file, ["mongod", "rabbitmq"])
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", first["mongod"]))
        somebody.listen()

        again = remembered_ports(file, ["mongod", "rabbitmq"])

        assert again["mongod"] != first["mongod"]
        assert again["rabbitmq"] == first["rabbitmq"]


def test_stacks_that_start_together_choose_different_ports(tmp_path: Path) -> None:
    names = [f"program-{number}" for number in range(40)]
    # A stack outlives its choice: one that had ended before the other chose would have given its ports back.
    chosen = (
        "import sys; from emitra_local.ports import *;"
        "remembered_ports(Path(sys.argv[1]), sys.argv[2:]); print('chosen', flush=True); sys.stdin.read()"
    )
    stacks = [
        subprocess.Popen(
            [sys.executable, "-c", chosen, str(tmp_path / f"ports-{number}.json"), *names],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
    ]
    assert [stack.stdout.readline() for stack in stacks if stack.stdout] == ["chosen\n", "chosen\n"]
    for stack in stacks:
        stack.communicate(timeout=30)

    first, second = (set(json.loads(file.read_text()).values()) for file in tmp_path.glob("ports-*.json"))
    assert (len(first), first & second) == (40, set())


def test_nobody_chooses_what_another_stack_has_chosen_and_does_not_listen_at_yet(tmp_path: Path) -> None:
    first, second = (remembered_ports(tmp_path / name, ["mongod", "rabbitmq"]) for name in ("one.json", "another.json"))

    assert set(first.values()) & set(second.values()) == set()


def test_a_file_cut_short_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    file.write_text('{"mongod": 2')

    assert remembered_ports(file, ["mongod"]) == remembered_ports(file, ["mongod"])


def test_who_holds_a_port_is_named() -> None:
    with socket.socket() as ours:
        ours.bind(("127.0.0.1", 0))
        ours.listen()

        assert holder_of(ours.getsockname()[1]).startswith(f"pid {os.getpid()} (")
