"""Prometheus and Alertmanager beside a running platform, with the rules of `deploy/observability`."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import urllib3

from emitra_local.ports import remembered_ports
from emitra_local.problems import CannotStart

PROMETHEUS, ALERTMANAGER = "prometheus", "prometheus-alertmanager"
PROCESSES = ("api", "worker", "relay")
# The broker's own figures, queue by queue: by default it adds them up.
QUEUES = {"family": ["queue_coarse_metrics"]}
READY_TIMEOUT_SECONDS = 60
POLL_SECONDS = 0.2
STOP_SECONDS = 10


def scrape_configuration(state: Path, rules: Path, alertmanager: str) -> dict[str, Any]:
    """Prometheus' configuration for the processes of the stack in `state`: `job` is the service, `process` its role.

    The labels are those that the rules of `deploy/observability` count on.
    """
    ports = json.loads((state / "ports.json").read_text(encoding="utf-8"))
    programs = sorted(path.stem for path in (state / "programs").glob("*.json"))
    jobs: dict[str, list[dict[str, Any]]] = {}
    for program in programs:
        service, _, process = program.rpartition("-")
        if process in PROCESSES:
            target = {"targets": [f"127.0.0.1:{ports[f'{program}-probe']}"], "labels": {"process": process}}
            jobs.setdefault(service, []).append(target)
    scrapes: list[dict[str, Any]] = [{"job_name": job, "static_configs": targets} for job, targets in jobs.items()]
    if "rabbitmq" in programs:
        broker = {"targets": [f"127.0.0.1:{ports['rabbitmq-metrics']}"], "labels": {"process": "broker"}}
        scrapes.append(
            {
                "job_name": "rabbitmq",
                "metrics_path": "/metrics/detailed",
                "params": QUEUES,
                "static_configs": [broker],
            }
        )
    return {
        "global": {"scrape_interval": "5s", "evaluation_interval": "5s"},
        "rule_files": [str(file) for file in sorted(rules.glob("*.yaml"))],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
        "scrape_configs": scrapes,
    }


def observe(root: Path, state: Path, say: Callable[[str], None], until: Callable[[], object]) -> None:
    """Runs both until `until` returns or raises; nothing of theirs runs afterwards. What they kept stays in `state`.

    Raises CannotStart where no platform was started, or when one of them does not answer.
    """
    if not (state / "ports.json").exists():
        raise CannotStart("Nothing was ever started here: `make run` first, in another terminal.")
    home, folder = state / "observe", root / "deploy" / "observability"
    home.mkdir(mode=0o700, exist_ok=True)
    ports = remembered_ports(home / "ports.json", [PROMETHEUS, ALERTMANAGER])
    at = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    configuration = home / "prometheus.yml"
    # JSON is YAML, and needs no library here.
    configuration.write_text(json.dumps(scrape_configuration(state, folder / "rules", at[ALERTMANAGER]), indent=1))
    commands = {
        ALERTMANAGER: [
            f"--config.file={folder / 'alertmanager.yml'}",
            f"--storage.path={home / 'alertmanager'}",
            # It is alone.
            "--cluster.listen-address=",
        ],
        PROMETHEUS: [f"--config.file={configuration}", f"--storage.tsdb.path={home / 'prometheus'}"],
    }
    with ExitStack() as running:
        for name, arguments in commands.items():
            program = shutil.which(name)
            if program is None:
                raise CannotStart(f"Missing on this machine: {name}. Type\n  sudo apt-get install {name}")
            log = running.enter_context((home / f"{name}.log").open("w"))
            command = [program, f"--web.listen-address={at[name]}", *arguments]
            process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
            running.callback(_end, process)
            _await(f"http://{at[name]}/-/ready", process, home / f"{name}.log")
            say(f"{name:25} http://{at[name]}")
        until()


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_SECONDS
    with urllib3.PoolManager(timeout=1, retries=False) as http:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                if http.request("GET", url).status == 200:
                    return
            except urllib3.exceptions.HTTPError:
                pass
            time.sleep(POLL_SECONDS)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-8:])
    raise CannotStart(f"{Path(process.args[0]).name} did not become ready:\n{tail}")  # type: ignore[index,arg-type]


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
