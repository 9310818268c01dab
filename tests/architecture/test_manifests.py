"""The manifests, read as documents: valid for their kind, restricted, probed, drained, and true to the services."""

from collections.abc import Iterator
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.architecture.conftest import SERVICES, asked, printed
from tests.conftest import ROOT

FOLDER = ROOT / "deploy" / "k8s" / "services"
# The oldest and the newest minor we promise to run on.
VERSIONS = ("1.34", "1.37")
# What a drain needs at most: the endpoints' delay, the longest request or handler, and some air.
# Where every process answers its probes and is asked for its metrics.
PROBE_PORT = 9090
PRE_STOP_SECONDS = 5
JOBS = {"prepare", "topology"}
DRAIN_SECONDS = {"api": 65, "worker": 20, "relay": 10}


def documents(service: str) -> list[dict[str, Any]]:
    """Every Kubernetes object in a service's folder."""
    objects: list[dict[str, Any]] = []
    for path in sorted((FOLDER / service).glob("*/*.yaml")):
        if path.name not in {"kustomization.yaml", "openapi.yaml"}:
            objects += [document for document in yaml.safe_load_all(path.read_text()) if document]
    return objects


def of_kind(service: str, *kinds: str) -> list[dict[str, Any]]:
    return [document for document in documents(service) if document["kind"] in kinds]


def pods(service: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(component, pod spec, its one container)."""
    for workload in of_kind(service, "Deployment", "Job"):
        template = workload["spec"]["template"]
        spec = template["spec"]
        (container,) = spec["containers"]
        yield template["metadata"]["labels"]["app.kubernetes.io/component"], spec, container


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_is_valid_at_the_oldest_and_the_newest_version(service: str, version: str) -> None:
    for document in documents(service):
        # Raises for an unknown kind too: a kind without a schema is not a valid one.
        kubernetes_validate.validate(document, version, strict=True)


def test_the_kustomization_names_every_file_and_no_other(service: str) -> None:
    for file in (FOLDER / service).glob("*/kustomization.yaml"):
        listed = set(yaml.safe_load(file.read_text())["resources"])
        there = {path.name for path in file.parent.glob("*.yaml")} - {"kustomization.yaml", "openapi.yaml"}
        assert listed == there
        assert not [path for path in listed if "/" in path], "no path leaves the folder"


def test_a_service_with_events_loads_its_topology_and_a_release_is_one_image(service: str) -> None:
    jobs = [spec for component, spec, _ in pods(service) if component == "topology"]
    assert bool(jobs) == ("relay" in printed(service, "processes").split())
    for spec in jobs:
        (container,) = spec["containers"]
        assert container["args"] == ["topology", "--apply"]
        contract = yaml.safe_load((FOLDER / service / "contract.yaml").read_text())
        keys = {
            (secret["name"], key)
            for kind in ("secrets", "deployer_secrets")
            for secret in contract[kind]
            for key in secret["keys"]
        }
        given = {variable["name"]: variable["valueFrom"]["secretKeyRef"] for variable in container["env"]}
        assert set(given) == {"AMQP_URL", "RABBITMQ_MANAGEMENT_URL"}
        assert {(reference["name"], reference["key"]) for reference in given.values()} <= keys
    images = [yaml.safe_load(file.read_text())["images"] for file in (FOLDER / service).glob("*/kustomization.yaml")]
    assert images == [images[0]] * len(images)


def test_only_the_topology_job_sees_the_brokers_administrator(service: str) -> None:
    for component, spec, _ in pods(service):
        assert ("broker-administrator" in str(spec)) == (component == "topology")


def test_there_is_a_deployment_for_every_process(service: str) -> None:
    events = asked(service, "events")
    processes = {"api"}
    if events["publishes"] or events["consumes"]:
        processes.add("relay")
    if events["consumes"]:
        processes.add("worker")
    deployed = {
        deployment["metadata"]["name"].removeprefix(f"{service}-") for deployment in of_kind(service, "Deployment")
    }
    assert processes <= deployed <= processes | {"worker"}


def test_pods_are_restricted(service: str) -> None:
    for _, spec, container in pods(service):
        context, own = spec["securityContext"], container["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] >= 10_000
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert own["allowPrivilegeEscalation"] is False
        assert own["readOnlyRootFilesystem"] is True
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
        assert spec["serviceAccountName"] == service


def test_memory_is_bounded_and_requested_in_full_and_cpu_is_not_limited(service: str) -> None:
    for _, _, container in pods(service):
        requests, limits = container["resources"]["requests"], container["resources"]["limits"]
        assert requests["memory"] == limits["memory"]
        assert "cpu" in requests
        assert "cpu" not in limits
        assert {"ephemeral-storage"} <= set(requests) & set(limits)


def test_probes_differ_and_liveness_depends_on_nothing(service: str) -> None:
    for component, _, container in pods(service):
        if component in JOBS:
            continue
        (port,) = [port["containerPort"] for port in container["ports"] if port["name"] == "probe"]
        assert port == PROBE_PORT
        for probe, path in {"startupProbe": "/livez", "livenessProbe": "/livez", "readinessProbe": "/readyz"}.items():
            assert container[probe]["httpGet"]["path"] == path
            assert container[probe]["httpGet"]["port"] == "probe"


def test_a_pod_drains_before_it_is_killed(service: str) -> None:
    for component, spec, container in pods(service):
        if component in JOBS:
            continue
        command, seconds = container["lifecycle"]["preStop"]["exec"]["command"]
        assert (command, int(seconds) >= PRE_STOP_SECONDS) == ("sleep", True)
        assert spec["terminationGracePeriodSeconds"] > int(seconds) + DRAIN_SECONDS[component]


def test_a_rollout_never_takes_away_what_serves(service: str) -> None:
    for deployment in of_kind(service, "Deployment"):
        assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_every_deployment_has_a_disruption_budget_and_the_api_scales_itself(service: str) -> None:
    deployed = {deployment["metadata"]["name"] for deployment in of_kind(service, "Deployment")}
    budgets = {budget["metadata"]["name"] for budget in of_kind(service, "PodDisruptionBudget")}
    assert deployed == budgets
    (scaler,) = of_kind(service, "HorizontalPodAutoscaler")
    assert scaler["spec"]["minReplicas"] >= 2
    (api,) = [
        deployment
        for deployment in of_kind(service, "Deployment")
        if deployment["metadata"]["name"] == f"{service}-api"
    ]
    assert scaler["spec"]["scaleTargetRef"]["name"] == api["metadata"]["name"]
    assert "replicas" not in api["spec"], "an autoscaler and a number of replicas fight each other"


def test_traffic_is_denied_but_for_what_is_named(service: str) -> None:
    (policy,) = of_kind(service, "NetworkPolicy")
    assert set(policy["spec"]["policyTypes"]) == {"Ingress", "Egress"}
    dns = [port for rule in policy["spec"]["egress"] for port in rule["ports"] if port["port"] == 53]
    assert {port["protocol"] for port in dns} == {"TCP", "UDP"}


def test_only_the_observers_reach_probes_and_metrics(service: str) -> None:
    (policy,) = of_kind(service, "NetworkPolicy")
    observers = {"namespaceSelector": {"matchLabels": {"emitra.org/role": "observability"}}}
    let_in = [
        rule["from"] for rule in policy["spec"]["ingress"] if {"protocol": "TCP", "port": PROBE_PORT} in rule["ports"]
    ]
    assert let_in == [[observers]]


def test_every_required_setting_is_given_and_every_given_one_exists(service: str) -> None:
    settings = {setting["variable"]: setting for setting in asked(service, "settings", "--json")}
    base = FOLDER / service / "base"
    lines = [line for line in (base / "config.env").read_text().splitlines() if line and not line.startswith("#")]
    configured = dict(line.split("=", 1) for line in lines)
    contract = yaml.safe_load((FOLDER / service / "contract.yaml").read_text())
    secret = {key for entry in contract["secrets"] for key in entry["keys"]}
    assert set(configured) | secret <= set(settings)
    required = {name for name, setting in settings.items() if setting["default"] is None}
    assert required <= set(configured) | secret
    assert {name for name, setting in settings.items() if setting["secret"]} & set(configured) == set()


def test_no_secret_is_in_the_repository(service: str) -> None:
    assert not of_kind(service, "Secret")


def test_the_gateway_is_given_each_services_own_document() -> None:
    for service in SERVICES:
        if service != "gateway":
            copied = (FOLDER / service / "base" / "openapi.yaml").read_text()
            assert copied == (ROOT / "services" / service / "openapi.yaml").read_text(), "make generate copies it"
