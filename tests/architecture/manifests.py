"""The manifests as a cluster gets them, and the rules by which a service and the gateway find each other in it.

`complaints` gives one sentence for each thing that is wrong: the service, the file, the rule and what to do instead.
"""

import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from emitra_local.generated import published_document
from tests.conftest import ROOT

K8S = ROOT / "deploy" / "k8s"
GATEWAY = "gateway"
LABEL, LABEL_VALUE = "emitra.org/routes", "1"
API_PORT = 8000
# What stands in the components for the name of a service.
PLACEHOLDER = "SERVICE"
_TOKEN_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"


class NotRendered(Exception):
    """A folder cannot be rendered; what kustomize said."""


@cache
def rendered(folder: Path) -> list[dict[str, Any]]:
    """Every object of one kustomization, as `kubectl apply -k` sends it."""
    kubectl = Path(sys.executable).with_name("kubectl")
    command = [str(kubectl), "kustomize", str(folder)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env={})
    if run.returncode:
        raise NotRendered(run.stderr.strip())
    return [document for document in yaml.load_all(run.stdout, yaml.CSafeLoader) if document]


def kustomizations(service: str, k8s: Path = K8S) -> list[Path]:
    """The folders of a service that are applied."""
    files = sorted((k8s / "services" / service).glob("*/kustomization.yaml"))
    return [file.parent for file in files if yaml.load(file.read_text(), yaml.CSafeLoader)["kind"] == "Kustomization"]


def documents(service: str, k8s: Path = K8S) -> list[dict[str, Any]]:
    """Every Kubernetes object of a service; an account that two of its folders have is one."""
    objects: list[dict[str, Any]] = []
    for folder in kustomizations(service, k8s):
        objects += [document for document in rendered(folder) if document not in objects]
    return objects


def of_kind(service: str, *kinds: str, k8s: Path = K8S) -> list[dict[str, Any]]:
    return [document for document in documents(service, k8s) if document["kind"] in kinds]


def pods(service: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(component, pod spec, its one container beside those that only help)."""
    for workload in of_kind(service, "Deployment", "Job"):
        template = workload["spec"]["template"]
        spec = template["spec"]
        (container,) = spec["containers"]
        yield template["metadata"]["labels"]["app.kubernetes.io/component"], spec, container


def containers(service: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """The same for every container, those that help too."""
    for component, spec, container in pods(service):
        for one in [*spec.get("initContainers", ()), container]:
            yield component, spec, one


def contract(service: str, k8s: Path = K8S) -> dict[str, Any]:
    """What a service's folder says that it expects and offers."""
    return dict(yaml.load((k8s / "services" / service / "contract.yaml").read_text(), yaml.CSafeLoader))


def complaints(service: str, k8s: Path = K8S) -> Iterator[str]:
    """What keeps the gateway from finding this service's routes, or this service from being alone in its folder."""
    folder = k8s / "services" / service

    def said(file: str, rule: str, instead: str) -> str:
        return f"{service}: {(folder / file).relative_to(k8s.parent.parent)}: {rule}; {instead}"

    for kustomization in sorted(folder.glob("*/kustomization.yaml")):
        yield from _outside(kustomization, f"{kustomization.parent.name}/kustomization.yaml", said)
    try:
        objects = documents(service, k8s)
    except NotRendered as error:
        yield said("base/kustomization.yaml", f"cannot be rendered ({error})", "run `kubectl kustomize` on it")
        return
    for document in objects:
        if PLACEHOLDER in str({**document, "data": None}):
            yield said(
                "base/kustomization.yaml",
                f"{document['kind']} {document['metadata']['name']} still has {PLACEHOLDER} for a name",
                "name the place in `replacements` of its component in deploy/k8s/components",
            )
    yield from _gateway(objects, said) if service == GATEWAY else _routes(service, objects, said, k8s)


def _outside(kustomization: Path, name: str, said: Any) -> Iterator[str]:
    """A folder names its own files, its own components, and the components that are there for all."""
    parsed = yaml.load(kustomization.read_text(), yaml.CSafeLoader)
    patches = [patch["path"] for patch in parsed.get("patches", ()) if "path" in patch]
    named = [*parsed.get("resources", ()), *patches]
    shared = [path for path in parsed.get("components", ()) if path.startswith("../../../components/")]
    for path in [*named, *(path for path in parsed.get("components", ()) if path not in shared)]:
        if not (kustomization.parent / path).resolve().is_relative_to(kustomization.parent.parent.resolve()):
            yield said(name, f"{path} is outside of the service's folder", "only ../../../components/… may be")
    made = {"kustomization.yaml", "openapi.yaml"}
    for path in kustomization.parent.glob("*.yaml"):
        if path.name not in {*named, *made}:
            yield said(name, f"{path.name} is in the folder and not named", "name it in `resources` or take it away")


def _routes(service: str, objects: list[dict[str, Any]], said: Any, k8s: Path) -> Iterator[str]:
    file = "base/kustomization.yaml"
    maps = [document for document in objects if document["kind"] == "ConfigMap"]
    published = [m for m in maps if f"{service}.yaml" in m["data"]]
    if not contract(service, k8s).get("routes"):
        return
    if len(published) != 1:
        yield said(
            file,
            f"{len(published)} ConfigMaps have {service}.yaml",
            f"generate routes-{service} from openapi.yaml, once",
        )
        return
    (routes,) = published
    labels = routes["metadata"].get("labels", {})
    if labels.get(LABEL) != LABEL_VALUE:
        yield said(
            file,
            f"the ConfigMap {routes['metadata']['name']} has no label {LABEL}, so the gateway does not find it",
            f'add `labels: {{{LABEL}: "{LABEL_VALUE}"}}` to its `options`',
        )
    if routes["metadata"]["name"] != f"routes-{service}":
        yield said(
            file,
            f"the ConfigMap {routes['metadata']['name']} is named otherwise than routes-{service}",
            "add `disableNameSuffixHash: true`: a new name would be a new place, and the routes belong to the old one",
        )
    for key in routes["data"]:
        if key.endswith(".url"):
            yield said(
                file, f"{key} would be followed and overwritten by what collects it", f"name it {service}.address"
            )
    address = routes["data"].get(f"{service}.address", "").strip()
    ports = [s["spec"]["ports"][0]["port"] for s in objects if s["kind"] == "Service"]
    if ports != [API_PORT] or address != f"http://{service}:{API_PORT}":
        yield said(
            "base/address", f"{address!r} is not where its Service listens", f"write http://{service}:{API_PORT}"
        )
    document = yaml.load(routes["data"][f"{service}.yaml"], yaml.CSafeLoader)
    folder = ROOT / "services" / service
    if document != yaml.load(published_document((folder / "openapi.yaml").read_text(), folder), yaml.CSafeLoader):
        yield said("base/openapi.yaml", "is another document than the service's own", "run `make generate`")


def _gateway(objects: list[dict[str, Any]], said: Any) -> Iterator[str]:
    file = "discovery/sidecar.yaml"
    deployments = {o["metadata"]["name"]: o["spec"]["template"]["spec"] for o in objects if o["kind"] == "Deployment"}
    api = deployments[f"{GATEWAY}-api"]
    collectors = api.get("initContainers", [])
    if len(collectors) != 1:
        yield said(file, f"{len(collectors)} containers collect routes", "one does, before the API starts")
        return
    (collector,) = collectors
    settings = {variable["name"]: variable.get("value") for variable in collector["env"]}
    (config,) = [
        o["data"]
        for o in objects
        if o["kind"] == "ConfigMap" and o["metadata"]["name"].startswith(f"{GATEWAY}-config-")
    ]
    expected = {
        "LABEL": (LABEL, "services label their ConfigMaps so"),
        "LABEL_VALUE": (LABEL_VALUE, "services label their ConfigMaps so"),
        "RESOURCE": ("configmap", "it may read nothing else"),
        "NAMESPACE": ("ALL", "a service may be in any namespace"),
        "METHOD": ("WATCH", "a new service is routed within seconds"),
        "FOLDER": (config["ROUTES_DIR"], "the gateway looks there"),
        "UNIQUE_FILENAMES": ("true", "two namespaces may have files of one name"),
    }
    for name, (value, why) in expected.items():
        if settings.get(name) != value:
            yield said(file, f"{name} is {settings.get(name)!r}", f"write {value!r}: {why}")
    if collector.get("restartPolicy") != "Always" or "startupProbe" not in collector:
        yield said(
            file,
            "the API starts before the first collection is whole",
            "restartPolicy Always and a startupProbe make it wait",
        )
    if {"livenessProbe", "readinessProbe"} & collector.keys():
        yield said(
            file,
            "an API server that is away takes the gateway out of service",
            "leave out livenessProbe and readinessProbe",
        )
    yield from _rights(api, objects, said)
    names = [path.name for path in (K8S / "services").iterdir() if path.name != GATEWAY]
    for name in names:
        if f"routes-{name}" in str(objects):
            yield said(file, f"has a line for {name}", "its ConfigMap is found by its label")


def _rights(api: dict[str, Any], objects: list[dict[str, Any]], said: Any) -> Iterator[str]:
    """The one container that collects has a token, and with it may read ConfigMaps and nothing else."""
    tokens = {
        volume["name"]
        for volume in api["volumes"]
        if any("serviceAccountToken" in source for source in volume.get("projected", {}).get("sources", ()))
    }
    holders = {
        container["name"]: mount["mountPath"]
        for container in [*api["initContainers"], *api["containers"]]
        for mount in container["volumeMounts"]
        if mount["name"] in tokens
    }
    if holders != {api["initContainers"][0]["name"]: _TOKEN_FOLDER} or api["automountServiceAccountToken"]:
        yield said(
            "discovery/sidecar.yaml",
            f"{', '.join(sorted(holders)) or 'nobody'} has the account's token",
            "the container that collects alone has it, in a projected volume, with automounting off",
        )
    rules = [o["rules"] for o in objects if o["kind"] == "ClusterRole"]
    if rules != [[{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch"]}]]:
        yield said("cluster/clusterrole.yaml", f"grants {rules}", "get, list and watch of configmaps is all it needs")
    bound = [(o["roleRef"]["kind"], o["subjects"]) for o in objects if o["kind"] == "ClusterRoleBinding"]
    accounts = [(kind, subject["kind"], subject["name"]) for kind, subjects in bound for subject in subjects]
    if accounts != [("ClusterRole", "ServiceAccount", GATEWAY)]:
        yield said("cluster/clusterrolebinding.yaml", f"binds {accounts}", "bind the gateway's account and no other")
