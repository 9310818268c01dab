"""A release, again, another, and back: what the API server would say to each, in the order in which it gets them."""

import shutil
from pathlib import Path

import pytest

from tests.architecture.api_server import Namespace, Object
from tests.architecture.manifests import K8S, contract, rendered

IMAGE = "services/{service}/base/kustomization.yaml"
SETTINGS = "services/{service}/base/config.env"
# (file, what is there, what comes instead): the releases that a team makes,
RELEASES = {
    "another image": (IMAGE, "newTag: 0.1.0", "newTag: 0.2.0"),
    "another setting": (SETTINGS, "LOG_LEVEL=info", "LOG_LEVEL=debug"),
}
# and those that are the same for every service.
OF_ALL = {
    "an image by digest": (IMAGE, "newTag: 0.1.0", f"digest: sha256:{'0' * 64}"),
    "more memory for a job": ("components/api/job-prepare.yaml", "memory: 256Mi", "memory: 320Mi"),
    "more memory for the API": ("components/api/deployment.yaml", "memory: 384Mi", "memory: 448Mi"),
}


def copied(place: Path, service: str, *edits: tuple[str, str, str]) -> Path:
    """The manifests with edits in them; the folder of the service that is applied."""
    copy = place / "deploy" / "k8s"
    shutil.copytree(K8S, copy)
    for file, old, new in edits:
        path = copy / file.format(service=service)
        text = path.read_text()
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new))
    return copy / "services" / service / "base"


def namespace(service: str, **quota: str) -> Namespace:
    """A new one, in which nothing is but the secrets that the service's contract asks of the platform."""
    asked = contract(service)
    names = {entry["name"] for kind in ("secrets", "secret_files", "deployer_secrets") for entry in asked.get(kind, ())}
    return Namespace(secrets=frozenset(names), quota={name.replace("_", "."): hard for name, hard in quota.items()})


@pytest.mark.parametrize("release", RELEASES)
def test_a_release_works_on_an_empty_cluster_twice_after_another_and_back(
    service: str, release: str, tmp_path: Path
) -> None:
    _released(service, release, rendered(copied(tmp_path, service, RELEASES[release])))


@pytest.mark.parametrize("release", OF_ALL)
def test_so_does_a_release_that_changes_what_manifests_share(release: str, tmp_path: Path) -> None:
    _released("billing", release, rendered(copied(tmp_path, "billing", OF_ALL[release])))


def _released(service: str, release: str, after: list[Object]) -> None:
    before = rendered(K8S / "services" / service / "base")
    cluster = namespace(service)
    said = {
        "first install": cluster.apply(before),
        "again": cluster.apply(before),
        release: cluster.apply(after),
        f"{release}, again": cluster.apply(after),
        "back": cluster.apply(before),
    }
    assert {what: refused for what, refused in said.items() if refused} == {}


def test_another_image_is_another_job_and_the_same_image_is_the_same_one(tmp_path: Path) -> None:
    def jobs(objects: list[Object]) -> set[str]:
        return {one["metadata"]["name"] for one in objects if one["kind"] == "Job"}

    before = jobs(rendered(K8S / "services" / "billing" / "base"))
    after = jobs(rendered(copied(tmp_path / "image", "billing", RELEASES["another image"])))
    assert before.isdisjoint(after)
    assert len(before) == len(after) == 2
    assert before == jobs(rendered(copied(tmp_path / "setting", "billing", RELEASES["another setting"])))


@pytest.mark.parametrize(
    ("broken", "release", "sentence"),
    [
        (
            [("components/api/job-prepare.yaml", "needsHashSuffix: enabled", "needsHashSuffix: disabled")],
            "another image",
            "Job billing-prepare: spec.template: field is immutable",
        ),
        (
            [("components/topology/job.yaml", "needsHashSuffix: enabled", "needsHashSuffix: disabled")],
            "another image",
            "Job billing-topology: spec.template: field is immutable",
        ),
        (
            [("components/api/job-prepare.yaml", "SERVICE-job-config", "SERVICE-config")],
            "another setting",
            ": spec.template: field is immutable",
        ),
        ([(IMAGE, "[serviceaccount.yaml]", "[account.yaml]")], "another image", "ServiceAccount billing not found"),
        (
            [(IMAGE, "name: billing-job-config", "name: billing-jobs-config")],
            "another image",
            "ConfigMap billing-job-config not found",
        ),
        (
            [("services/billing/contract.yaml", "name: broker-administrator", "name: broker-admin")],
            "another image",
            "Secret broker-administrator not found",
        ),
    ],
)
def test_what_broke_a_release_is_told(
    broken: list[tuple[str, str, str]], release: str, sentence: str, tmp_path: Path
) -> None:
    first = copied(tmp_path / "first", "billing", *broken)
    second = copied(tmp_path / "second", "billing", *broken, RELEASES[release])
    for folder in (first, second):
        # An account that the folder names otherwise is still the source of every name.
        account = folder / "account.yaml"
        account.write_text((folder / "serviceaccount.yaml").read_text().replace("v1", "example.org/v1", 1))
    asked = contract("billing", first.parents[2])
    names = {entry["name"] for kind in ("secrets", "deployer_secrets") for entry in asked[kind]}
    cluster = Namespace(secrets=frozenset(names))
    said = [line for folder in (first, second) for line in cluster.apply(_as_named(rendered(folder)))]
    assert [line for line in said if sentence in line], said


def _as_named(objects: list[Object]) -> list[Object]:
    """Without what only stands for an account: a kind of somebody else's."""
    return [one for one in objects if one["apiVersion"] != "example.org/v1"]


def test_a_selector_never_changes_and_fits_its_pods(tmp_path: Path) -> None:
    first = rendered(K8S / "services" / "billing" / "base")
    cluster = namespace("billing")
    assert cluster.apply(first) == []
    labels = "matchLabels: {app.kubernetes.io/name: SERVICE, app.kubernetes.io/component: api}\n  template:"
    version = labels.replace("component: api}", "component: api, app.kubernetes.io/version: two}")
    second = rendered(copied(tmp_path, "billing", ("components/api/deployment.yaml", labels, version)))
    assert cluster.apply(second) == [
        "Deployment billing-api: spec.selector: field is immutable",
        "Deployment billing-api: spec.selector: does not match the template's labels",
    ]


def test_two_versions_side_by_side_may_not_select_each_others_pods(tmp_path: Path) -> None:
    cluster = namespace("billing")
    assert cluster.apply(rendered(K8S / "services" / "billing" / "base")) == []
    beside = copied(tmp_path, "billing", (IMAGE, "kind: Kustomization\n", "kind: Kustomization\nnameSuffix: -two\n"))
    said = cluster.apply(rendered(beside))
    for kind in ("Deployment", "PodDisruptionBudget"):
        assert f"{kind} billing-api and billing-api-two: both select the pods of billing-api" in said


def test_a_name_that_no_label_can_hold_is_told(tmp_path: Path) -> None:
    suffix = (IMAGE, "kind: Kustomization\n", f"kind: Kustomization\nnameSuffix: -{'long' * 15}\n")
    said = namespace("billing").apply(rendered(copied(tmp_path, "billing", suffix)))
    assert any("metadata.name: must be no more than 63 characters" in line for line in said)


def test_a_quota_that_is_too_small_or_not_asked_of_is_told(tmp_path: Path) -> None:
    objects = rendered(K8S / "services" / "billing" / "base")
    assert namespace("billing", requests_cpu="8", limits_memory="8Gi", pods="40").apply(objects) == []
    said = namespace("billing", requests_cpu="1", limits_memory="8Gi").apply(objects)
    assert [line.partition(",")[0] for line in said] == ["exceeded quota: requests.cpu"]
    said = namespace("billing", limits_cpu="8").apply(objects)
    assert "Deployment billing-api: must specify limits.cpu for: api" in said


def test_whom_a_role_is_bound_to_may_change_and_to_which_role_may_not() -> None:
    binding = {"kind": "RoleBinding", "metadata": {"name": "deployer"}, "roleRef": {"name": "edit"}, "subjects": []}
    cluster = Namespace()
    assert cluster.apply([binding, {**binding, "subjects": [{"name": "billing"}]}]) == []
    other = {**binding, "roleRef": {"name": "admin"}}
    assert cluster.apply([other]) == ["RoleBinding deployer: roleRef: field is immutable"]
