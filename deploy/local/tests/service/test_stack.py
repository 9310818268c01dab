"""A stack starts real servers, survives every kind of killing, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3
from pymongo import MongoClient
from tests.service.conftest import ROOT

from emitra_local import ports
from emitra_local.problems import CannotStart
from emitra_local.processes import is_running, marked
from emitra_local.stack import Stack
from emitra_local.stack_folder import mark_of

DEADLINE_SECONDS = 30


def eventually(check: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        if check():
            return True
        time.sleep(0.05)
    return False


def listening_addresses(pids: list[int]) -> set[str]:
    """The local addresses, as /proc shows them, on which the processes listen."""
    sockets = {
        os.readlink(handle)
        for pid in pids
        for handle in Path(f"/proc/{pid}/fd").iterdir()
        if os.path.lexists(handle) and handle.is_symlink()
    }
    addresses = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                addresses.add(fields[1].rpartition(":")[0])
    return addresses


def test_the_servers_listen_on_loopback_only(running: Stack) -> None:
    assert listening_addresses(marked(mark_of(running.state))) <= {"0100007F", "00000000000000000000000001000000"}


def test_guest_is_gone_and_passwords_are_private(running: Stack) -> None:
    management = urlsplit(running.infrastructure_env["RABBITMQ_MANAGEMENT_URL"])
    overview = f"http://{management.hostname}:{management.port}/api/overview"

    def status(login: str) -> int:
        return urllib3.request("GET", overview, headers=urllib3.make_headers(basic_auth=login)).status

    assert status("guest:guest") == 401
    assert status(f"{management.username}:{management.password}") == 200
    assert (running.state / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_mongodb_has_transactions_and_in_tests_fail_points(running: Stack) -> None:
    with MongoClient[dict[str, object]](running.infrastructure_env["MONGODB_URI"]) as client:
        with client.start_session() as session, session.start_transaction():
            client["test"]["things"].insert_one({"_id": 1}, session=session)
        client.admin.command("configureFailPoint", "failCommand", mode="off")


def test_what_a_slow_operation_looks_for_is_not_logged(running: Stack) -> None:
    log = running.state / "logs" / "mongod.log"
    with MongoClient[dict[str, object]](running.infrastructure_env["MONGODB_URI"]) as client:
        test = client["test"]
        test.command("profile", 0, slowms=-1)  # everything is slow
        test["things"].find_one({"mobile": "first-secret"})
        # As MongoDB is by default, to see that this would have been logged.
        test.command("profile", 0, sampleRate=1.0)
        test["things"].find_one({"mobile": "second-secret"})
        test.command("profile", 0, sampleRate=0.0, slowms=100)

    assert eventually(lambda: "second-secret" in log.read_text())
    assert "first-secret" not in log.read_text()


def test_a_program_that_is_killed_comes_back(running: Stack) -> None:
    before = running.pid("epmd")

    os.kill(before, signal.SIGKILL)

    assert eventually(lambda: running.pid("epmd") not in {0, before})


def test_after_a_kill_of_the_process_manager_the_data_are_there_at_other_ports(stack: Stack, state: Path) -> None:
    stack.start()
    uri = stack.infrastructure_env["MONGODB_URI"]
    with MongoClient[dict[str, object]](uri) as client:
        client["test"]["things"].insert_one({"_id": "kept"})
    children = [stack.pid("mongod"), stack.pid("rabbitmq"), stack.pid("epmd")]

    manager = int((state / "supervisord.pid").read_text())
    os.kill(manager, signal.SIGKILL)

    # The kernel ends the programs with it.
    assert eventually(lambda: not any(is_running(pid) for pid in children))
    stack.stop()
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", urlsplit(uri).port or 0))
        with Stack(ROOT, state, with_services=False, disposable=True) as again:
            assert again.infrastructure_env["MONGODB_URI"] != uri
            with MongoClient[dict[str, object]](again.infrastructure_env["MONGODB_URI"]) as client:
                assert client["test"]["things"].find_one() == {"_id": "kept"}
                hosts = client.admin.command("hello")["hosts"]
                assert hosts == [f"127.0.0.1:{again.ports['mongod']}"]


def test_a_second_launcher_is_refused_and_a_killed_one_takes_everything_with_it(state: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from emitra_local.stack import Stack\n"
        "stack = Stack(Path(sys.argv[1]), Path(sys.argv[2]), with_services=False, disposable=True)\n"
        "stack.start(); print('up', flush=True); time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(ROOT), str(state)], stdout=subprocess.PIPE, text=True
    ) as launcher:
        assert launcher.stdout is not None
        assert launcher.stdout.readline() == "up\n"
        with pytest.raises(CannotStart, match=f"runs already \\(pid {launcher.pid}\\)"):
            Stack(ROOT, state, with_services=False).start()

        launcher.kill()
        launcher.wait()

    assert eventually(lambda: marked(mark_of(state)) == [])


def test_a_taken_gateway_port_is_named_with_its_holder_and_the_setting(state: Path) -> None:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        port = somebody.getsockname()[1]

        with pytest.raises(CannotStart) as raised:
            Stack(ROOT, state, gateway_port=port).start()

    assert f"Port {port} on 127.0.0.1 is taken by pid {os.getpid()}" in str(raised.value)
    assert "GATEWAY_PORT=" in str(raised.value)


def test_amqp_url_without_its_management_url_is_refused_with_an_example(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMQP_URL", f"amqp://127.0.0.1:{ports.FIRST_PORT}/")

    with pytest.raises(CannotStart, match="RABBITMQ_MANAGEMENT_URL must be set too"):
        stack.start()
