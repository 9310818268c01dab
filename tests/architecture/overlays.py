"""What is wrong with a service's overlay of an environment: the service, the file, the rule, what to do."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.architecture.api_server import Namespace
from tests.architecture.manifests import K8S, NotRendered, contract, rendered
from tests.conftest import ROOT

ENVIRONMENTS = ("dev", "staging", "prod")
INGRESS = "emitra-ingress"
_MEMBERS = {"apiVersion", "kind", "namespace", "resources", "components", "images"}
_NAMESPACED = {
    "ConfigMap", "Deployment", "ExternalSecret", "HTTPRoute", "HorizontalPodAutoscaler", "Job", "NetworkPolicy",
    "PodDisruptionBudget", "ScaledObject", "Service", "ServiceAccount", "TriggerAuthentication",
}  # fmt: skip
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

Object = dict[str, Any]


def overlay(service: str, environment: str, k8s: Path = K8S) -> Path:
    return k8s / "services" / service / "overlays" / environment


def of(objects: list[Object], *kinds: str) -> list[Object]:
    return [one for one in objects if one["kind"] in kinds]


def namespace(service: str, objects: list[Object], k8s: Path = K8S) -> Namespace:
    """The service's own on an empty cluster: its tenant's quota, and the secrets that its contract and overlay name."""
    asked = contract(service, k8s)
    names = {entry["name"] for kind in ("secrets", "secret_files", "deployer_secrets") for entry in asked.get(kind, ())}
    fetched = {one["spec"]["target"]["name"] for one in of(objects, "ExternalSecret")}
    if fetched:
        names -= {f"{service}-secrets"}
    tenant = k8s / "platform" / "tenants" / service
    quota = of(rendered(tenant), "ResourceQuota")[0]["spec"]["hard"] if tenant.exists() else {}
    counted = {
        name: hard for name, hard in quota.items() if name == "pods" or name.startswith(("requests.", "limits."))
    }
    return Namespace(secrets=frozenset(names | fetched), quota=counted)


def complaints(service: str, environment: str, k8s: Path = K8S) -> Iterator[str]:
    """Everything that is wrong with one overlay."""
    folder = overlay(service, environment, k8s)
    place = (folder / "kustomization.yaml").relative_to(k8s.parent.parent)

    def said(rule: str, instead: str) -> str:
        return f"{service}: {place}: {rule}; {instead}"

    text = (folder / "kustomization.yaml").read_text()
    written = yaml.load(text, yaml.CSafeLoader)
    if strange := written.keys() - _MEMBERS:
        yield said(f"has {', '.join(sorted(strange))}", "what services share is in components/environments")
    images = written.get("images", [])
    if [image["name"] for image in images] != [f"emitra/{service}"] or text.count(f"name: emitra/{service},") != 1:
        yield said("a release is not one line", f"`images` has one row, of emitra/{service}")
    elif not _DIGEST.fullmatch(images[0].get("digest", "")):
        yield said("its image is named by a tag", "name it by `digest: sha256:…`: a tag is what somebody pushed last")
    try:
        objects = rendered(folder)
    except NotRendered as error:
        yield said(f"cannot be rendered ({error})", "run `kubectl kustomize` on it")
        return
    for one in objects:
        name = f"{one['kind']} {one['metadata']['name']}"
        if one["kind"] not in _NAMESPACED:
            yield said(f"{name} is of the whole cluster", "what needs an administrator is in platform/")
        if one["metadata"].get("namespace") != f"emitra-{service}":
            yield said(f"{name} is in {one['metadata'].get('namespace')}", f"each service is in emitra-{service}")
    for sentence in namespace(service, objects, k8s).apply(objects):
        yield said(f"the API server refuses {sentence}", "see api_server.py for the rule")
    yield from _as_many(service, environment, objects, said)
    yield from _entrances(objects, said)
    if environment == "prod":
        yield from _important(objects, said, k8s)


def _as_many(service: str, environment: str, objects: list[Object], said: Any) -> Iterator[str]:
    """One thing says how many pods there are, and never too few for a node to go."""
    least = 1 if environment == "dev" else 2
    deployments = {one["metadata"]["name"]: one["spec"] for one in of(objects, "Deployment")}
    scaled: dict[str, int] = {}
    for scaler in of(objects, "HorizontalPodAutoscaler", "ScaledObject"):
        spec = scaler["spec"]
        target = spec["scaleTargetRef"]["name"]
        if target in scaled or target not in deployments:
            yield said(f"{scaler['metadata']['name']} scales {target}", "each Deployment has one scaler at most")
            continue
        scaled[target] = spec.get("minReplicas", spec.get("minReplicaCount"))
        if "replicas" in deployments[target]:
            yield said(f"{target} has replicas beside a scaler", "take `replicas` away: they fight each other")
    for name, spec in deployments.items():
        if scaled.get(name, spec.get("replicas", 1)) < least:
            yield said(f"{name} may be one pod", f"at least {least}, or a node that goes takes it along")
    for scaler in of(objects, "ScaledObject"):
        pattern = scaler["spec"]["triggers"][0]["metadata"]["queueName"]
        counted = {queue for queue in _queues() if re.search(pattern, queue)}
        own = {queue for queue in _queues() if queue.startswith(f"{service}.") and ".retry." not in queue}
        if counted != own or not own:
            yield said(f"the worker is scaled by {len(counted ^ own)} wrong queue(s)", "see components/keda")


def _queues() -> set[str]:
    """Every queue of the platform, with those of parked messages and of tries to come."""
    queues = set()
    for table in sorted((ROOT / "services").glob("*/events.json")):
        name = table.parent.name
        consumed = {f"{name}.{row['event']}" for row in json.loads(table.read_text())["consumes"]}
        queues |= consumed | {f"parking.{queue}" for queue in consumed} | {f"{name}.retry.10s", f"x-{name}.a.b.v1"}
    return queues


def _entrances(objects: list[Object], said: Any) -> Iterator[str]:
    """A route leads to a Service that is there, on the one Gateway, and the network policy lets it through."""
    ports = {one["metadata"]["name"]: one["spec"]["ports"][0]["port"] for one in of(objects, "Service")}
    let_in = [
        rule
        for policy in of(objects, "NetworkPolicy")
        for rule in policy["spec"].get("ingress", ())
        if {"namespaceSelector": {"matchLabels": {"emitra.org/role": "ingress"}}} in rule["from"]
    ]
    for route in of(objects, "HTTPRoute"):
        name = route["metadata"]["name"]
        if [(one["name"], one.get("namespace")) for one in route["spec"]["parentRefs"]] != [("emitra", INGRESS)]:
            yield said(f"{name} is on another Gateway", f"emitra in {INGRESS} is the one door")
        for rule in route["spec"]["rules"]:
            for backend in rule["backendRefs"]:
                if ports.get(backend["name"]) != backend["port"]:
                    yield said(f"{name} leads to {backend['name']}:{backend['port']}", "name a Service and its port")
        if not let_in:
            yield said(f"{name} is refused by the network policy", "let namespaces with emitra.org/role: ingress in")


def _important(objects: list[Object], said: Any, k8s: Path) -> Iterator[str]:
    classes = {one["metadata"]["name"] for one in rendered(k8s / "platform" / "priorities")}
    for one in of(objects, "Deployment"):
        if one["spec"]["template"]["spec"].get("priorityClassName") not in classes:
            yield said(f"{one['metadata']['name']} has no priority", f"name one of {', '.join(sorted(classes))}")
