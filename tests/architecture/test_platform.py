"""What platform engineers apply: tenants, admission policies, the one entrance, broker and database."""

import copy
import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from tests.architecture.conftest import SERVICES
from tests.architecture.custom_kinds import faults_of
from tests.architecture.manifests import K8S, rendered
from tests.architecture.overlays import of, overlay
from tests.architecture.policies import refused
from tests.architecture.test_manifests import VERSIONS
from tests.architecture.test_overlays import copied
from tests.conftest import ROOT

PLATFORM = K8S / "platform"
TENANTS = sorted(path.parent.name for path in PLATFORM.glob("tenants/*/kustomization.yaml"))
FOLDERS = sorted(
    str(path.parent.relative_to(PLATFORM))
    for path in PLATFORM.rglob("kustomization.yaml")
    if "kind: Kustomization" in path.read_text()
)
# What nobody who only deploys may do: read or write secrets, give rights, change what bounds the namespace.
NEVER = {"secrets", "roles", "rolebindings", "resourcequotas", "limitranges", "namespaces", "serviceaccounts/token"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_object_of_the_platform_is_valid_strictly(folder: str) -> None:
    for one in rendered(PLATFORM / folder):
        faults = faults_of(one)
        if faults is None:
            for version in VERSIONS:
                kubernetes_validate.validate(one, version, strict=True)
        assert not faults, f"{one['kind']} {one['metadata']['name']}: {faults}"


@pytest.mark.parametrize(
    ("file", "old", "new", "folder"),
    [
        ("platform/gateway-api/limits.yaml", "requestReceivedTimeout", "requestReceiveTimeout", "platform/gateway-api"),
        ("platform/gateway-api/limits.yaml", "20s", "20 seconds", "platform/gateway-api"),
        ("platform/gateway-api/gateway.yaml", "protocol: HTTPS", "protocol: TLS", "platform/gateway-api"),
        ("platform/messaging/cluster.yaml", "replicas: 3", "replicas: 2", "platform/messaging"),
        ("platform/data/mongodb.yaml", "members: 3", "members: 4", "platform/data"),
        ("components/keda/scaledobject.yaml", "protocol: http", "protocol: amqp", "services/billing/overlays/prod"),
        ("services/billing/gateway/route.yaml", "type: Exact", "type: Exactly", "services/billing/overlays/prod"),
        ("services/billing/overlays/prod/secrets.yaml", '"0"', "1h", "services/billing/overlays/prod"),
        (
            "services/billing/overlays/prod/secrets.yaml",
            "immutable: true",
            "immutable: false",
            "services/billing/overlays/prod",
        ),
    ],
)
def test_a_custom_kind_that_is_spelt_wrong_is_told(tmp_path: Path, file: str, old: str, new: str, folder: str) -> None:
    k8s = copied(tmp_path, (file, old, new))
    assert [fault for one in rendered(k8s / folder) for fault in faults_of(one) or ()]


def test_every_service_has_a_namespace_of_its_own() -> None:
    assert set(TENANTS) == set(SERVICES)


def tenant_faults(service: str, k8s: Path = K8S) -> list[str]:
    """What a tenant lacks, a word or two each."""
    objects = rendered(k8s / "platform" / "tenants" / service)
    (namespace,) = of(objects, "Namespace")
    labels = namespace["metadata"]["labels"]
    faults = []
    if labels.get("pod-security.kubernetes.io/enforce") != "restricted":
        faults.append("restricted")
    if labels.get("emitra.org/service") != service or labels.get("app.kubernetes.io/part-of") != "emitra":
        faults.append("labels")
    hard = [one["spec"]["hard"] for one in of(objects, "ResourceQuota")]
    if not hard or not {"requests.cpu", "requests.memory", "limits.memory", "pods"} <= hard[0].keys():
        faults.append("quota")
    elif (hard[0].get("services.loadbalancers"), hard[0].get("services.nodeports")) != ("0", "0"):
        faults.append("doors")
    if not of(objects, "LimitRange"):
        faults.append("limit range")
    policies = {one["metadata"]["name"]: one["spec"] for one in of(objects, "NetworkPolicy")}
    deny = policies.get("default-deny", {})
    if deny != {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}:
        faults.append("default deny")
    ports = [port for rule in policies.get("dns", {}).get("egress", ()) for port in rule["ports"]]
    if sorted((port["protocol"], port["port"]) for port in ports) != [("TCP", 53), ("UDP", 53)]:
        faults.append("dns")
    for role in of(objects, "Role"):
        for rule in role["rules"]:
            if NEVER & set(rule["resources"]) or "*" in str(rule):
                faults.append("deployer")
    team = re.search(rf"^/services/{service}/ @emitra/(\S+)$", (ROOT / "CODEOWNERS").read_text(), re.MULTILINE)
    subjects = [subject for one in of(objects, "RoleBinding") for subject in one["subjects"]]
    if [(one["kind"], one["name"]) for one in subjects] != [("Group", f"emitra:{team[1] if team else 'platform'}")]:
        faults.append("team")
    return faults


@pytest.mark.parametrize("tenant", TENANTS)
def test_a_tenant_is_bounded_and_its_team_may_deploy_and_no_more(tenant: str) -> None:
    assert tenant_faults(tenant) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        ("tenants/billing/namespace.yaml", "enforce: restricted", "enforce: baseline", "restricted"),
        ("tenants/billing/namespace.yaml", "service: billing", "service: identity", "labels"),
        ("tenants/billing/namespace.yaml", "emitra:payments", "emitra:centres", "team"),
        ("tenant/quota.yaml", '    pods: "60"\n', "", "quota"),
        ("tenant/quota.yaml", 'loadbalancers: "0"', 'loadbalancers: "1"', "doors"),
        ("tenant/kustomization.yaml", "limits.yaml, ", "", "limit range"),
        ("tenant/network.yaml", "policyTypes: [Ingress, Egress]", "policyTypes: [Ingress]", "default deny"),
        ("tenant/network.yaml", "        - {protocol: TCP, port: 53}", "        - {protocol: TCP, port: 54}", "dns"),
        ("tenant/deployer.yaml", "resources: [configmaps,", "resources: [secrets, configmaps,", "deployer"),
        ("tenant/deployer.yaml", "verbs: [get, update, patch]", 'verbs: ["*"]', "deployer"),
    ],
)
def test_a_tenant_that_lacks_something_is_told(tmp_path: Path, file: str, old: str, new: str, fault: str) -> None:
    assert fault in tenant_faults("billing", copied(tmp_path, (f"platform/{file}", old, new)))


@pytest.mark.parametrize("tenant", TENANTS)
@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_admission_policies_take_what_services_apply(tenant: str, environment: str) -> None:
    (namespace,) = of(rendered(PLATFORM / "tenants" / tenant), "Namespace")
    objects = rendered(overlay(tenant, environment))
    gateway = [one for one in of(objects, "Deployment") if "initContainers" in one["spec"]["template"]["spec"]]
    assert [refused(one, namespace) for one in objects if one not in gateway and refused(one, namespace)] == []
    for one in gateway:  # its sidecar has no digest yet: there is no registry to have it from
        assert all("digest" in message for message in refused(one, namespace))


NAMESPACE = {"metadata": {"name": "emitra-billing", "labels": {"emitra.org/service": "billing"}}}


def a(kind: str, name: str) -> dict[str, Any]:
    objects = of(rendered(overlay("billing", "prod")), kind)
    return copy.deepcopy(next(one for one in objects if one["metadata"]["name"].startswith(name)))


def changed(one: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    *way, last = path.split("/")
    inside: Any = one
    for part in way:
        inside = inside[int(part) if part.isdigit() else part]
    inside[last] = value
    return one


INGRESS = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "door"}, "spec": {}}
_POD = "spec/template/spec"


@pytest.mark.parametrize(
    ("one", "namespace", "word"),
    [
        (lambda: changed(a("ConfigMap", "routes-billing"), "metadata/name", "routes-identity"), NAMESPACE, "its own"),
        (lambda: a("ConfigMap", "routes-billing"), {"metadata": {"name": "default", "labels": {}}}, "its own"),
        (
            lambda: changed(a("ConfigMap", "routes-billing"), "data/identity.yaml", "paths: {}"),
            NAMESPACE,
            "nothing else",
        ),
        (
            lambda: changed(a("Deployment", "billing-api"), f"{_POD}/containers/0/image", "emitra/billing:1"),
            NAMESPACE,
            "digest",
        ),
        (
            lambda: changed(a("Job", "billing-prepare"), f"{_POD}/containers/0/image", "x@sha256:12"),
            NAMESPACE,
            "digest",
        ),
        (
            lambda: changed(
                a("Deployment", "billing-api"), f"{_POD}/initContainers", [{"name": "i", "image": "busybox"}]
            ),
            NAMESPACE,
            "digest",
        ),
        (
            lambda: changed(a("Deployment", "billing-api"), f"{_POD}/containers/0/resources/limits/memory", "1Gi"),
            NAMESPACE,
            "memory",
        ),
        (
            lambda: changed(a("Deployment", "billing-api"), f"{_POD}/automountServiceAccountToken", True),
            NAMESPACE,
            "token",
        ),
        (lambda: changed(a("Service", "billing"), "spec/type", "LoadBalancer"), NAMESPACE, "inside"),
        (lambda: changed(a("Service", "billing"), "spec/externalIPs", ["192.0.2.1"]), NAMESPACE, "externalIPs"),
        (lambda: INGRESS, NAMESPACE, "inside"),
    ],
)
def test_admission_policies_refuse_what_takes_anothers_or_cannot_be_told(one: Any, namespace: Any, word: str) -> None:
    assert [message for message in refused(one(), namespace) if word in message]
    # Each by its own expression: without its policies it would go through.
    assert refused(one(), namespace, []) == []


def test_each_service_has_one_database_user_with_its_own_database() -> None:
    (mongodb,) = of(rendered(PLATFORM / "data"), "MongoDBCommunity")
    users = {user["name"]: user for user in mongodb["spec"]["users"]}
    assert set(users) == set(SERVICES)
    for name, user in users.items():
        assert {(role["name"], role["db"]) for role in user["roles"]} == {
            ("readWrite", name),
            ("dbAdmin", name),
            ("clusterMonitor", "admin"),
        }


def test_the_database_has_the_settings_that_promises_hang_on() -> None:
    (mongodb,) = of(rendered(PLATFORM / "data"), "MongoDBCommunity")
    settings = mongodb["spec"]["additionalMongodConfig"]
    assert settings["setParameter.transactionLifetimeLimitSeconds"] == 10
    assert settings["operationProfiling.slowOpSampleRate"] == 0


def test_people_come_in_by_tls_and_slow_ones_hold_nothing() -> None:
    objects = rendered(PLATFORM / "gateway-api")
    (gateway,) = of(objects, "Gateway")
    listeners = {one["name"]: one for one in gateway["spec"]["listeners"]}
    assert listeners["https"]["tls"]["mode"] == "Terminate"
    assert listeners["http"]["allowedRoutes"]["namespaces"]["from"] == "Same", "no service answers without TLS"
    (certificate,) = of(objects, "Certificate")
    assert certificate["spec"]["secretName"] == listeners["https"]["tls"]["certificateRefs"][0]["name"]
    hosts = {host for service in ("gateway", "portal") for host in _hosts(service)}
    assert hosts == set(certificate["spec"]["dnsNames"])
    (client,) = of(objects, "ClientTrafficPolicy")
    assert client["spec"]["timeout"]["http"]["requestReceivedTimeout"] == "20s"
    limited = {one["kind"] for one in objects if one.get("spec", {}).get("targetRefs")}
    assert limited == {"ClientTrafficPolicy", "BackendTrafficPolicy"}
    (redirect,) = of(objects, "HTTPRoute")
    assert "backendRefs" not in redirect["spec"]["rules"][0]


def _hosts(service: str) -> list[str]:
    (route,) = of(rendered(overlay(service, "prod")), "HTTPRoute")
    return list(route["spec"]["hostnames"])


def test_the_gateways_right_is_bound_where_it_runs() -> None:
    (binding,) = of(rendered(PLATFORM / "tenants" / "gateway"), "ClusterRoleBinding")
    (deployment,) = [
        one for one in of(rendered(overlay("gateway", "prod")), "Deployment") if "api" in one["metadata"]["name"]
    ]
    assert binding["subjects"][0]["namespace"] == deployment["metadata"]["namespace"]
