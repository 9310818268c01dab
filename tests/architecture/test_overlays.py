"""A service in an environment: differences only, one line for a release, and nothing that a cluster refuses."""

import json
import shutil
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from tests.architecture.conftest import asked
from tests.architecture.custom_kinds import faults_of
from tests.architecture.manifests import K8S, rendered
from tests.architecture.overlays import ENVIRONMENTS, complaints, namespace, of, overlay
from tests.architecture.test_manifests import VERSIONS

ZEROS, ONES = f"sha256:{'0' * 64}", f"sha256:{'1' * 64}"


def copied(place: Path, *edits: tuple[str, str, str]) -> Path:
    """The manifests with edits of files in them."""
    copy = place / "deploy" / "k8s"
    shutil.copytree(K8S, copy)
    for file, old, new in edits:
        path = copy / file
        assert old in path.read_text(), f"{file} has no {old!r}"
        path.write_text(path.read_text().replace(old, new))
    return copy


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_overlay_is_what_is_different_and_a_cluster_takes_it(service: str, environment: str) -> None:
    assert list(complaints(service, environment)) == []


_SELECTOR = "/spec/selector/matchLabels/app.kubernetes.io~1component, value:"
PROD = "services/billing/overlays/prod/kustomization.yaml"


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        (PROD, "images:", "patches: []\nimages:", "has patches; what services share is in components/environments"),
        (PROD, f"digest: {ZEROS}", "newTag: 0.1.0", "its image is named by a tag"),
        (PROD, f"digest: {ZEROS}", "digest: sha256:latest", "its image is named by a tag"),
        (
            PROD,
            "  - {name: emitra/billing",
            "  - {name: nginx, newTag: one}\n  - {name: emitra/billing",
            "is not one line",
        ),
        (PROD, "namespace: emitra-billing", "namespace: emitra", "is in emitra; each service is in emitra-billing"),
        (PROD, "../../base,", "../../base, ../../../../platform/priorities,", "is of the whole cluster"),
        (PROD, "environments/prod", "environments/qa", "cannot be rendered"),
        (PROD, "../../../../components/externalsecrets", "../../../../components/none", "cannot be rendered"),
        (PROD, ", ../../../../components/externalsecrets", "", "Secret billing-secrets not found"),
        (
            "components/environments/prod/kustomization.yaml",
            "value: {configMapRef: {name: emitra-job-environment}}",
            "value: {configMapRef: {name: emitra-jobs-environment}}",
            "ConfigMap emitra-jobs-environment not found",
        ),
        (
            "components/environments/prod/kustomization.yaml",
            "minReplicas, value: 3",
            "minReplicas, value: 1",
            "may be one",
        ),
        (
            "components/environments/prod/kustomization.yaml",
            "value: emitra-answers",
            "value: urgent",
            "has no priority",
        ),
        (
            "components/environments/prod/kustomization.yaml",
            "maxReplicas, value: 12",
            "maxReplicas, value: 40",
            "exceeded",
        ),
        (
            "components/keda/kustomization.yaml",
            "{op: remove, path: /spec/replicas}",
            "{op: test, path: /kind, value: Deployment}",
            "fight",
        ),
        ("components/keda/scaledobject.yaml", "^()SERVICE()", "()SERVICE()", "wrong queue(s)"),
        ("components/keda/scaledobject.yaml", "[.]v[0-9]+$", "[.]w[0-9]+$", "wrong queue(s)"),
        ("components/keda/scaledobject.yaml", "minReplicaCount: 2", "minReplicaCount: 1", "may be one pod"),
        (
            "components/keda/kustomization.yaml",
            '"spec.triggers.0.authenticationRef.name", metadata.name',
            "metadata.name",
            "SERVICE",
        ),
        (
            "services/billing/gateway/route.yaml",
            "{name: billing, port: 8000}",
            "{name: billing, port: 80}",
            "name a Service",
        ),
        (
            "services/billing/gateway/route.yaml",
            "namespace: emitra-ingress",
            "namespace: other",
            "is on another Gateway",
        ),
        (
            "services/billing/base/kustomization.yaml",
            "value: {namespaceSelector: {matchLabels: {emitra.org/role: ingress}}}",
            "value: {namespaceSelector: {matchLabels: {emitra.org/role: nobody}}}",
            "billing-callbacks is refused by the network policy",
        ),
    ],
)
def test_a_mistake_in_an_overlay_is_told(tmp_path: Path, file: str, old: str, new: str, sentence: str) -> None:
    k8s = copied(tmp_path, (file, old, new))
    said = list(complaints("billing", "prod", k8s))
    if sentence == "SERVICE":  # a placeholder that is left
        assert "SERVICE-broker" in json.dumps(of(rendered(overlay("billing", "prod", k8s)), "ScaledObject"))
        return
    assert [line for line in said if sentence in line], said
    assert all(line.startswith("billing: deploy/k8s/services/billing/overlays/prod/") for line in said)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_nothing_of_a_component_is_left_to_fill_in(service: str, environment: str) -> None:
    left = [one for one in rendered(overlay(service, environment)) if "SERVICE" in json.dumps({**one, "data": None})]
    assert left == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_object_of_an_overlay_is_valid_strictly(service: str, environment: str) -> None:
    for one in rendered(overlay(service, environment)):
        faults = faults_of(one)
        if faults is None:
            for version in VERSIONS:
                kubernetes_validate.validate(one, version, strict=True)
        assert not faults, f"{one['kind']} {one['metadata']['name']}: {faults}"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_setting_of_an_environment_is_one_of_the_services(service: str, environment: str) -> None:
    known = {setting["variable"] for setting in asked(service, "settings", "--json")}
    (given,) = [
        one["data"]
        for one in of(rendered(overlay(service, environment)), "ConfigMap")
        if one["metadata"]["name"] == "emitra-job-environment"
    ]
    assert set(given) <= known
    assert given["ENVIRONMENT"] == ("sandbox" if environment == "dev" else "live")


def test_what_an_environment_says_goes_before_what_the_service_says(service: str) -> None:
    for one in of(rendered(overlay(service, "prod")), "Deployment"):
        *_, last = one["spec"]["template"]["spec"]["containers"][0]["envFrom"]
        assert last["configMapRef"]["name"].startswith("emitra-environment-")


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [(PROD, ZEROS, ONES), ("services/billing/overlays/prod/secrets.yaml", "billing-secrets-1", "billing-secrets-2")],
    ids=["another image", "other secrets"],
)
def test_a_release_is_one_line_rolls_every_pod_and_goes_back(tmp_path: Path, file: str, old: str, new: str) -> None:
    k8s = copied(tmp_path, (file, old, new))
    before, after = rendered(overlay("billing", "prod")), rendered(overlay("billing", "prod", k8s))
    cluster = namespace("billing", before)
    cluster.secrets |= namespace("billing", after).secrets
    said = [cluster.apply(objects) for objects in (before, before, after, after, before)]
    assert said == [[]] * 5
    templates = [
        {one["metadata"]["name"]: one["spec"]["template"] for one in of(objects, "Deployment")}
        for objects in (before, after)
    ]
    assert [name for name, template in templates[0].items() if template == templates[1][name]] == []
    changed = [
        one
        for one, other in zip(K8S.rglob("*.yaml"), K8S.rglob("*.yaml"), strict=True)
        if (k8s / one.relative_to(K8S)).read_text() != other.read_text()
    ]
    assert [str(one.relative_to(K8S)) for one in changed] == [file]


def test_a_second_version_runs_beside_the_first_and_neither_selects_the_others_pods(tmp_path: Path) -> None:
    folder = overlay("billing", "prod-next")
    first, second = rendered(overlay("billing", "prod")), rendered(folder)
    secrets = "secrets-1"
    second = json.loads(json.dumps(second).replace("billing-secrets", f"billing-{secrets}"))
    cluster = namespace("billing", first)
    assert cluster.apply(first) == []
    assert cluster.apply(second) == []
    (service,) = of(first, "Service")
    apis = [one for one in of([*first, *second], "Deployment") if one["metadata"]["name"].startswith("billing-api")]
    assert len(apis) == 2
    for one in apis:  # both serve, by their number
        assert service["spec"]["selector"].items() <= one["spec"]["template"]["metadata"]["labels"].items()
    assert of(second, "Service", "Job", "NetworkPolicy", "HorizontalPodAutoscaler", "ServiceAccount") == []
    assert not any("routes-" in one["metadata"]["name"] for one in of(second, "ConfigMap"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            f"{_SELECTOR} api-next}}\n      - {{op: replace, path: /spec/template",
            f"{_SELECTOR} api}}\n      - {{op: replace, path: /spec/template",
        ),
        (
            "Service|Job|NetworkPolicy|HorizontalPodAutoscaler|ServiceAccount",
            "Service|Job|NetworkPolicy|ServiceAccount",
        ),
    ],
)
def test_a_second_version_that_gets_in_the_firsts_way_is_told(tmp_path: Path, old: str, new: str) -> None:
    k8s = copied(tmp_path, ("components/next/kustomization.yaml", old, new))
    second = rendered(overlay("billing", "prod-next", k8s))
    cluster = namespace("billing", rendered(overlay("billing", "prod")))
    cluster.secrets |= {"billing-secrets"}
    cluster.apply(rendered(overlay("billing", "prod")))
    assert cluster.apply(second) or of(second, "HorizontalPodAutoscaler")


def test_no_two_routes_take_the_same_requests() -> None:
    taken = []
    for folder in sorted((K8S / "services").glob("*/gateway/route.yaml")):
        for route in yaml.safe_load_all(folder.read_text()):
            for rule in route["spec"]["rules"]:
                for match in rule["matches"]:
                    path = match["path"]
                    taken += [(host, path["type"], path["value"]) for host in route["spec"]["hostnames"]]
    assert len(taken) == len(set(taken))
    assert ("api.emitra.example", "Exact", "/callbacks/biller") in taken
