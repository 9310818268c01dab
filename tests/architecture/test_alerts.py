"""Alerts and dashboards: every one of them can fire, says who does what, and asks for nothing that is not measured."""

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from emitra_local.observability import scrape_configuration
from tests.conftest import ROOT

FOLDER = ROOT / "deploy" / "observability"
RULES = sorted((FOLDER / "rules").glob("*.yaml"))
DASHBOARDS = sorted((FOLDER / "dashboards").glob("*.json"))
# Under load; alone each takes a second or two.
SECONDS = 300
SEVERITIES = {"page", "ticket"}
# Of Prometheus itself, and of RabbitMQ's plugin: `/metrics/detailed` with the family that the launcher asks for.
OF_OTHERS = {"up", "rabbitmq_detailed_queue_messages", "rabbitmq_detailed_queue_messages_ready"}
_MADE = re.compile(r'(Counter|Gauge|Histogram|GaugeMetricFamily)\(\s*"([a-z0-9_]+)"')
_SUFFIXES = {"Counter": ["_total"], "Histogram": ["_bucket", "_count", "_sum"]}


def alerts() -> list[dict[str, Any]]:
    groups = [group for file in RULES for group in yaml.safe_load(file.read_text())["groups"]]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


ALERTS = {alert["alert"]: alert for alert in alerts()}


def said_by(program: str, *arguments: object) -> str:
    """What promtool or amtool says. Fails where they are not there: `make test` installs them."""
    assert shutil.which(program), f"{program} is missing: apt-get install prometheus prometheus-alertmanager"
    command = [program, *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_the_rules_are_valid_and_do_what_their_tests_say() -> None:
    said_by("promtool", "check", "rules", *RULES)
    said_by("promtool", "test", "rules", *sorted((FOLDER / "tests").glob("*.yaml")))


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_urgent_it_is_whose_and_what_to_do(name: str) -> None:
    labels, annotations = ALERTS[name]["labels"], ALERTS[name]["annotations"]
    assert labels["severity"] in SEVERITIES
    assert f"@emitra/{labels['team']} " in (ROOT / "CODEOWNERS").read_text().replace("\n", " ") + " "
    file, _, anchor = annotations["runbook"].partition("#")
    headings = re.findall(r"^## (.+)$", (ROOT / file).read_text(), re.MULTILINE)
    assert anchor in {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert annotations["summary"]


@pytest.fixture(scope="module")
def missed(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The alerts that their tests miss where none of them fires."""
    copy = tmp_path_factory.mktemp("broken") / "observability"
    shutil.copytree(FOLDER, copy)
    names: set[str] = set()
    for file in (copy / "rules").glob("*.yaml"):
        document = yaml.safe_load(file.read_text())
        broken = [rule for group in document["groups"] for rule in group["rules"] if "alert" in rule]
        for rule in broken:
            # Never true: what it compares with cannot be reached.
            rule["expr"] = f"({rule['expr']}) > 1e300"
        file.write_text(yaml.safe_dump(document))
        if broken:
            command = ["promtool", "test", "rules", str(copy / "tests" / file.name)]
            run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
            assert run.returncode != 0
            names |= set(re.findall(r"alertname: (\w+)", run.stdout + run.stderr))
    return names


@pytest.mark.parametrize("name", ALERTS)
def test_every_alert_was_seen_to_fire_and_is_missed_when_it_is_broken(name: str, missed: set[str]) -> None:
    assert name in missed, f"{name} has no test in deploy/observability/tests in which it fires"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        # Each is a way in which somebody may be woken for nothing, or not at all.
        ("payments.yaml", 'http_response_status_code!~"5.."', 'http_response_status_code!~"[45].."'),
        ("payments.yaml", "and slo:payment_answered:error_ratio_5m > 14.4 * 0.001", ""),
        ("payments.yaml", "> 4 * 3600", "> 2 * 3600"),
        ("platform.yaml", "emitra_dead_letters_parked) > 0", "emitra_dead_letters_parked) >= 0"),
        ("platform.yaml", '{queue!="events.log"}', ""),
        ("platform.yaml", "up == 0", "up < 2"),
    ],
)
def test_the_tests_notice_a_rule_that_is_a_little_different(file: str, old: str, new: str, tmp_path: Path) -> None:
    copy = tmp_path / "observability"
    shutil.copytree(FOLDER, copy)
    path = copy / "rules" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    command = ["promtool", "test", "rules", str(copy / "tests" / file)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    assert run.returncode != 0


@cache
def measured() -> set[str]:
    """Every series that a process of ours has, by the places in the code that make them, and what the rules record."""
    names = set(OF_OTHERS)
    for file in [*ROOT.glob("services/*/src/**/*.py"), *ROOT.glob("shared/servicekit/src/**/*.py")]:
        for kind, name in _MADE.findall(file.read_text()):
            names |= {name + suffix for suffix in _SUFFIXES.get(kind, [""])}
    groups = [group for file in RULES for group in yaml.safe_load(file.read_text())["groups"]]
    return names | {rule["record"] for group in groups for rule in group["rules"] if "record" in rule}


def queries() -> list[tuple[str, str]]:
    """(where, query) of every rule and panel."""
    asked = [
        (rule.get("alert") or rule["record"], rule["expr"])
        for file in RULES
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
    ]
    for file in DASHBOARDS:
        for panel in json.loads(file.read_text())["panels"]:
            asked += [(f"{file.name}: {panel['title']}", target["expr"]) for target in panel["targets"]]
    return asked


def asked_for(query: str) -> set[str]:
    """The names of series in a query: words outside of braces, brackets and label lists that are no functions."""
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", query)
    bare = re.sub(r"\b(by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)", "", bare)
    words = re.findall(r"[a-zA-Z_:][a-zA-Z0-9_:]*(?!\s*\()\b(?!\s*\()", bare)
    return {word for word in words if word not in {"and", "or", "unless", "bool", "by", "e300"}}


def test_every_query_asks_for_what_is_measured() -> None:
    assert len(queries()) > 40
    unknown = {where: names for where, query in queries() if (names := asked_for(query) - measured())}
    assert unknown == {}


def test_a_query_for_what_nobody_measures_is_noticed() -> None:
    query = 'sum by (job) (rate(emitra_payment_total{job="x"}[5m])) / time()'
    assert asked_for(query) == {"emitra_payment_total"}
    assert asked_for(query) - measured()


def test_every_query_of_a_dashboard_is_one(tmp_path: Path) -> None:
    rules = [
        {"record": f"panel:{number}", "expr": query.replace("$job", "billing")}
        for number, (_, query) in enumerate(queries())
    ]
    file = tmp_path / "panels.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    said_by("promtool", "check", "rules", file)


def test_an_alert_reaches_whoever_it_is_for() -> None:
    routes = FOLDER / "alertmanager.yml"
    said_by("amtool", "check-config", routes)
    for severity in SEVERITIES:
        told = said_by("amtool", "config", "routes", "test", f"--config.file={routes}", f"severity={severity}")
        assert told.strip() == severity


def test_the_launcher_has_prometheus_ask_every_process(tmp_path: Path) -> None:
    ports = {"billing-api-probe": 20001, "kiosk-registry-relay-probe": 20002, "rabbitmq-metrics": 20003}
    (tmp_path / "ports.json").write_text(json.dumps(ports))
    (tmp_path / "programs").mkdir()
    for program in ("billing-api", "kiosk-registry-relay", "rabbitmq", "mongod", "biller-simulator"):
        (tmp_path / "programs" / f"{program}.json").write_text("{}")
    configuration = scrape_configuration(tmp_path, FOLDER / "rules", "127.0.0.1:20004")
    file = tmp_path / "prometheus.yml"
    file.write_text(json.dumps(configuration))
    said_by("promtool", "check", "config", file)
    targets = {
        (job["job_name"], group["labels"]["process"], *group["targets"])
        for job in configuration["scrape_configs"]
        for group in job["static_configs"]
    }
    assert targets == {
        ("billing", "api", "127.0.0.1:20001"),
        ("kiosk-registry", "relay", "127.0.0.1:20002"),
        ("rabbitmq", "broker", "127.0.0.1:20003"),
    }
