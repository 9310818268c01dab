"""docs/new-service.md, walked as it stands in a copy of the repository: made, tried, run, called, and taken away."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import urllib3

from tests.conftest import ROOT
from tests.guide.repository import STEP_SECONDS, commit, environ, git, run
from tests.support.platform import eventually
from tests.support.shown_commands import blocks

PAGE = ROOT / "docs" / "new-service.md"
NAME = "labour-welfare"
FOLDERS = [f"deploy/k8s/services/{NAME}/", f"services/{NAME}/"]
COUNTS = f"/v1/{NAME}/payment-counts"


def changed(folder: Path) -> list[str]:
    """What git sees as new, changed or gone."""
    return [line[3:] for line in git(folder, "status", "--porcelain").splitlines()]


def shown(part: str) -> str:
    """The one block of commands on the page that has these words."""
    (block,) = [block.text for block in blocks(PAGE) if part in block.text]
    return block


@contextmanager
def another_terminal(copy: Path, script: str) -> Iterator[None]:
    """A command that goes on until Ctrl-C, which a job in the background would be born deaf to."""
    with subprocess.Popen(
        ["sh", "-c", f"exec env --default-signal=INT {script}"],
        cwd=copy,
        env=environ(copy),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            eventually(lambda: is_ready(copy, process), STEP_SECONDS, "the platform runs")
            yield
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(STEP_SECONDS)


def is_ready(copy: Path, process: "subprocess.Popen[bytes]") -> bool:
    assert process.poll() is None, "make run ended"
    return (copy / ".local" / "run.json").exists() and called(copy).status == 200


def called(copy: Path) -> urllib3.BaseHTTPResponse:
    url = json.loads((copy / ".local" / "run.json").read_text())["gateway_url"]
    return urllib3.request("GET", url + COUNTS, retries=False, timeout=5)


def queues(copy: Path) -> list[str]:
    """The names of the broker's queues that are the new service's."""
    secrets = json.loads((copy / ".local" / "run" / "secrets.json").read_text())
    port = json.loads((copy / ".local" / "run" / "ports.json").read_text())["rabbitmq-management"]
    login = urllib3.make_headers(basic_auth=f"administrator:{secrets['secret:broker-administrator']}")
    rows = urllib3.request("GET", f"http://127.0.0.1:{port}/api/queues?disable_stats=true", headers=login).json()
    return [row["name"] for row in rows if NAME in row["name"]]


def test_a_service_is_made_tried_run_and_taken_away_as_the_page_says(copy: Path) -> None:
    run(copy, shown("make new-service"))
    assert changed(copy) == FOLDERS
    run(copy, shown("make test"))
    assert changed(copy) == FOLDERS, "trying it leaves nothing behind"
    commit(copy, "a new service")

    with another_terminal(copy, shown("make run")):
        answer: Callable[[], dict[str, int]] = lambda: json.loads(run(copy, shown("curl")))["districts"]  # noqa: E731
        eventually(lambda: sum(answer().values()) >= 1, 60, "the payment of `make run` is counted")
        assert queues(copy)

        run(copy, shown("make remove-service"))
        assert queues(copy) == []
        eventually(lambda: called(copy).status == 404, 30, "the gateway has no route to it")
    git(copy, "add", "--all")
    assert git(copy, "diff", "--cached", "HEAD~1") == "", "what is left is what was there before"


def test_two_new_services_at_the_same_time_merge_without_a_conflict(copy: Path) -> None:
    git(copy, "reset", "--hard", "--quiet")
    git(copy, "clean", "--force", "-d", "--quiet")
    start, ours = git(copy, "rev-parse", "HEAD", "--abbrev-ref", "HEAD").split()
    names = ("agriculture", "horticulture")
    for name in names:
        git(copy, "checkout", "--quiet", "-b", name, start)
        run(copy, f"make new-service NAME={name} TEAM=@emitra/{name}")
        commit(copy, name)
    git(copy, "checkout", "--quiet", ours)
    for name in names:
        git(copy, "merge", "--quiet", "--no-edit", name)
    folders = {str(Path(path).relative_to("services").parts[0]) if path.startswith("services/") else
               Path(path).relative_to("deploy/k8s/services").parts[0]
               for path in git(copy, "diff", "--name-only", start).split()}  # fmt: skip
    assert folders == set(names)
