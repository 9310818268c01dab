"""The manifests, rendered as a cluster gets them: valid for their kind, restricted, probed, drained, and true to the
services."""

import shutil
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from jsonschema import ValidationError

from tests.architecture.conftest import asked, printed
from tests.architecture.manifests import (
    K8S,
    complaints,
    containers,
    contract,
    documents,
    of_kind,
    pods,
)
from tests.conftest import ROOT

# The oldest and the newest minor we promise to run on.
VERSIONS = ("1.34", "1.37")
# What a drain needs at most: the endpoints' delay, the longest request or handler, and some air.
# Where every process answers its probes and is asked for its metrics.
PROBE_PORT = 9090
PRE_STOP_SECONDS = 5
JOBS = {"prepare", "topology"}
DRAIN_SECONDS = {"api": 65, "worker": 20, "relay": 10}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_is_valid_at_the_oldest_and_the_newest_version(service: str, version: str) -> None:
    for document in documents(service):
        # Raises for an unknown kind too: a kind without a schema is not a valid one.
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except ValidationError as error:  # its own text is the whole schema
            place = "/".join(map(str, error.absolute_path))
            pytest.fail(f"{document['kind']} {document['metadata']['name']} {place}: {error.message}")


def test_a_service_is_alone_in_its_folder_and_the_gateway_finds_its_routes(service: str) -> None:
    assert list(complaints(service)) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        (
            "billing/base/kustomization.yaml",
            ', labels: {emitra.org/routes: "1"}',
            "",
            "billing: deploy/k8s/services/billing/base/kustomization.yaml: the ConfigMap routes-billing has no label "
            "emitra.org/routes, so the gateway does not find it; add "
            '`labels: {emitra.org/routes: "1"}` to its `options`',
        ),
        ("billing/base/kustomization.yaml", 'routes: "1"', 'routes: "2"', "has no label emitra.org/routes"),
        ("billing/base/kustomization.yaml", "{disableNameSuffixHash: true, ", "{", "otherwise than routes-billing"),
        ("billing/base/kustomization.yaml", "billing.address=", "billing.url=", "billing.url would be followed"),
        ("billing/base/kustomization.yaml", "billing.yaml=openapi.yaml, ", "", "0 ConfigMaps have billing.yaml"),
        ("billing/base/kustomization.yaml", "[serviceaccount.yaml]", "[]", "cannot be rendered"),
        ("billing/base/kustomization.yaml", "components/worker", "components/none", "cannot be rendered"),
        (
            "billing/base/kustomization.yaml",
            "[serviceaccount.yaml]",
            "[serviceaccount.yaml, ../../identity/base]",
            "../../identity/base is outside of the service's folder",
        ),
        ("billing/base/address", "8000", "8001", "is not where its Service listens"),
        ("billing/base/address", "billing", "nobody", "is not where its Service listens"),
        ("billing/base/openapi.yaml", "/v1/wallet", "/v1/purse", "is another document than the service's own"),
        ("billing/base/strange.yaml", "", "kind: Secret", "strange.yaml is in the folder and not named"),
        (
            "../components/relay/kustomization.yaml",
            "index: 1",
            "index: 0",
            "Deployment billing-relay still has SERVICE",
        ),
        ("gateway/discovery/sidecar.yaml", "emitra.org/routes}", "grafana_dashboard}", "LABEL is 'grafana_dashboard'"),
        ("gateway/discovery/sidecar.yaml", "value: ALL", "value: emitra", "a service may be in any namespace"),
        ("gateway/discovery/sidecar.yaml", "value: WATCH", "value: LIST", "METHOD is 'LIST'"),
        ("gateway/discovery/sidecar.yaml", "value: configmap", "value: both", "it may read nothing else"),
        ("gateway/discovery/sidecar.yaml", "value: /etc/emitra/routes", "value: /tmp/r", "the gateway looks there"),
        (
            "gateway/discovery/sidecar.yaml",
            '{name: UNIQUE_FILENAMES, value: "true"}',
            "{name: X}",
            "UNIQUE_FILENAMES is",
        ),
        ("gateway/discovery/sidecar.yaml", "restartPolicy: Always", "stdin: false", "before the first collection"),
        ("gateway/discovery/sidecar.yaml", "startupProbe", "livenessProbe", "takes the gateway out of service"),
        ("gateway/discovery/sidecar.yaml", "startupProbe", "livenessProbe", "before the first collection is whole"),
        (
            "gateway/discovery/sidecar.yaml",
            "mountPath: /etc/emitra/routes, readOnly: true}",
            "mountPath: /etc/emitra/routes, readOnly: true}\n"
            "            - {name: token, mountPath: /var/run/secrets/kubernetes.io/serviceaccount}",
            "api, routes has the account's token",
        ),
        (
            "gateway/discovery/sidecar.yaml",
            "    spec:\n      init",
            "    spec:\n      automountServiceAccountToken: true\n      init",
            "with automounting off",
        ),
        (
            "gateway/discovery/sidecar.yaml",
            "emptyDir: {sizeLimit: 64Mi}",
            "configMap: {name: routes-billing}",
            "gateway: deploy/k8s/services/gateway/discovery/sidecar.yaml: has a line for billing",
        ),
        ("gateway/cluster/clusterrole.yaml", "[configmaps]", "[configmaps, secrets]", "is all it needs"),
        ("gateway/cluster/clusterrole.yaml", "watch]", "watch, update]", "is all it needs"),
        ("gateway/cluster/clusterrolebinding.yaml", "name: gateway,", "name: default,", "bind the gateway's account"),
        ("gateway/base/kustomization.yaml", ", ../discovery]", "]", "0 containers collect routes"),
    ],
)
def test_a_mistake_is_told_with_the_service_the_file_the_rule_and_what_to_do(
    tmp_path: Path, file: str, old: str, new: str, sentence: str
) -> None:
    copy = tmp_path / "deploy" / "k8s"
    shutil.copytree(K8S, copy)
    path = copy / "services" / file
    text = path.read_text() if path.exists() else ""
    assert old in text
    path.write_text(text.replace(old, new))
    service = "billing" if file.startswith("..") else file.split("/", maxsplit=1)[0]
    said = list(complaints(service, copy))
    assert [line for line in said if sentence in line], said
    assert all(line.startswith(f"{service}: deploy/k8s/services/{service}/") for line in said)


def test_the_contract_says_which_services_have_routes(service: str) -> None:
    served = yaml.load((ROOT / "services" / service / "openapi.yaml").read_text(), yaml.CSafeLoader)["paths"]
    assert bool(contract(service).get("routes")) == (bool(served) and service != "gateway")


def test_a_service_with_events_loads_its_topology_and_a_release_is_one_image(service: str) -> None:
    jobs = [spec for component, spec, _ in pods(service) if component == "topology"]
    assert bool(jobs) == ("relay" in printed(service, "processes").split())
    for spec in jobs:
        (container,) = spec["containers"]
        assert container["args"] == ["topology", "--apply"]
        keys = {
            (secret["name"], key)
            for kind in ("secrets", "deployer_secrets")
            for secret in contract(service)[kind]
            for key in secret["keys"]
        }
        given = {variable["name"]: variable["valueFrom"]["secretKeyRef"] for variable in container["env"]}
        assert set(given) == {"AMQP_URL", "RABBITMQ_MANAGEMENT_URL"}
        assert {(reference["name"], reference["key"]) for reference in given.values()} <= keys
    images = {container["image"] for _, _, container in pods(service)}
    assert len(images) == 1
    assert images.pop().startswith(f"emitra/{service}:")
    kustomization = K8S / "services" / service / "base" / "kustomization.yaml"
    assert kustomization.read_text().count(f"name: emitra/{service},") == 1


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
    for _, spec, container in containers(service):
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
    for _, _, container in containers(service):
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


def test_a_pod_that_is_not_ready_keeps_no_node_and_each_release_is_spread_by_itself(service: str) -> None:
    for budget in of_kind(service, "PodDisruptionBudget"):
        assert budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
    for deployment in of_kind(service, "Deployment"):
        spread = deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert {constraint["topologyKey"] for constraint in spread} == {
            "topology.kubernetes.io/zone",
            "kubernetes.io/hostname",
        }
        assert all(constraint["matchLabelKeys"] == ["pod-template-hash"] for constraint in spread)


# Whom the ingress reaches without the gateway between, each with the reason.
PAST_THE_GATEWAY = {
    "billing": "billers call back at POST /callbacks/biller",
    "gateway": "it is the gateway",
    "portal": "people's browsers",
}


def test_the_ingress_reaches_those_alone_that_have_a_reason(service: str) -> None:
    (policy,) = [policy for policy in of_kind(service, "NetworkPolicy") if policy["metadata"]["name"] == service]
    ingress = {"namespaceSelector": {"matchLabels": {"emitra.org/role": "ingress"}}}
    let_in = [rule for rule in policy["spec"]["ingress"] if ingress in rule["from"]]
    assert [rule["ports"] for rule in let_in] == [[{"protocol": "TCP", "port": 8000}]] * (service in PAST_THE_GATEWAY)


def test_traffic_is_denied_but_for_what_is_named(service: str) -> None:
    (policy,) = [policy for policy in of_kind(service, "NetworkPolicy") if policy["metadata"]["name"] == service]
    assert set(policy["spec"]["policyTypes"]) == {"Ingress", "Egress"}
    dns = [port for rule in policy["spec"]["egress"] for port in rule["ports"] if port["port"] == 53]
    assert {port["protocol"] for port in dns} == {"TCP", "UDP"}


def test_only_the_observers_reach_probes_and_metrics(service: str) -> None:
    (policy,) = [policy for policy in of_kind(service, "NetworkPolicy") if policy["metadata"]["name"] == service]
    observers = {"namespaceSelector": {"matchLabels": {"emitra.org/role": "observability"}}}
    let_in = [
        rule["from"] for rule in policy["spec"]["ingress"] if {"protocol": "TCP", "port": PROBE_PORT} in rule["ports"]
    ]
    assert let_in == [[observers]]


def test_every_required_setting_is_given_and_every_given_one_exists(service: str) -> None:
    settings = {setting["variable"]: setting for setting in asked(service, "settings", "--json")}
    (configured,) = [
        config["data"]
        for config in of_kind(service, "ConfigMap")
        if config["metadata"]["name"].startswith(f"{service}-config-")
    ]
    secret = {key for entry in contract(service)["secrets"] for key in entry["keys"]}
    assert set(configured) | secret <= set(settings)
    required = {name for name, setting in settings.items() if setting["default"] is None}
    assert required <= set(configured) | secret
    assert {name for name, setting in settings.items() if setting["secret"]} & set(configured) == set()


def test_no_secret_is_in_the_repository(service: str) -> None:
    assert not of_kind(service, "Secret")
