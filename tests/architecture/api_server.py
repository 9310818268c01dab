"""What an API server refuses of a release, as far as it has refused one of ours: a model without a cluster.

`Namespace.apply` takes objects in the order in which `kubectl apply -k` sends them and gives one sentence for each that
is refused. The rules are those of Kubernetes 1.34 to 1.37: `ValidateJobUpdate` and `ValidateDeploymentUpdate` of its
API machinery, the admission of service accounts and of ResourceQuota, the autoscaler's AmbiguousSelector, and the
eviction API, which refuses a pod that two budgets select. What a cluster only tells minutes later (a pod that waits for
its ConfigMap, an eviction that is never allowed) is refused at once here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations
from typing import Any

Object = dict[str, Any]

# By kind, what is fixed when an object is made.
IMMUTABLE = {
    "ClusterRoleBinding": ("roleRef",),
    "Deployment": ("spec.selector",),
    "Job": (
        "spec.backoffLimitPerIndex",
        "spec.completionMode",
        "spec.completions",
        "spec.managedBy",
        "spec.podFailurePolicy",
        "spec.selector",
        "spec.successPolicy",
        "spec.template",
    ),
    "RoleBinding": ("roleRef",),
}
# A Job's name becomes a label of its pods.
LONGEST_LABEL = 63
_SUFFIXES = {
    "m": Decimal("0.001"), "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30), "": Decimal(1),
}  # fmt: skip


@dataclass
class Namespace:
    """One namespace. `quota` is the `hard` of its ResourceQuota; `secrets` are the names of those that are there."""

    secrets: frozenset[str] = frozenset()
    quota: Mapping[str, str] = field(default_factory=dict)
    objects: dict[tuple[str, str], Object] = field(default_factory=dict)

    def apply(self, objects: Sequence[Object]) -> list[str]:
        """Takes what is not refused; the sentences of what is."""
        refused = []
        for one in objects:
            said = list(self._refusals(one))
            refused += [f"{one['kind']} {one['metadata']['name']}: {sentence}" for sentence in said]
            if not said:
                self.objects[one["kind"], one["metadata"]["name"]] = one
        return [*refused, *self._ambiguous(), *self._over_quota()]

    def _refusals(self, one: Object) -> Iterator[str]:
        there = self.objects.get((one["kind"], one["metadata"]["name"]))
        for path in IMMUTABLE.get(one["kind"], ()) if there else ():
            if _at(one, path) != _at(there, path):
                yield f"{path}: field is immutable"
        template = one.get("spec", {}).get("template", {})
        if not template:
            return
        if len(one["metadata"]["name"]) > LONGEST_LABEL:
            yield f"metadata.name: must be no more than {LONGEST_LABEL} characters"
        labels = template["metadata"]["labels"]
        if one["kind"] == "Deployment" and not one["spec"]["selector"]["matchLabels"].items() <= labels.items():
            yield "spec.selector: does not match the template's labels"
        for kind, name in _needs(template["spec"]):
            if name not in self.secrets if kind == "Secret" else (kind, name) not in self.objects:
                yield f"{kind} {name} not found"
        for resource in self.quota:
            part, _, name = resource.partition(".")
            for container in _containers(template["spec"]) if name else ():
                if name not in container["resources"].get(part, {}):
                    yield f"must specify {resource} for: {container['name']}"

    def _ambiguous(self) -> Iterator[str]:
        """Two that select the same pods: neither autoscaler nor eviction knows whose they are."""
        for kind in ("Deployment", "PodDisruptionBudget"):
            for one, other in combinations(self._of(kind), 2):
                selectors = [holder["spec"]["selector"]["matchLabels"] for holder in (one, other)]
                for deployment in self._of("Deployment"):
                    labels = deployment["spec"]["template"]["metadata"]["labels"]
                    if all(selector.items() <= labels.items() for selector in selectors):
                        names = f"{one['metadata']['name']} and {other['metadata']['name']}"
                        yield f"{kind} {names}: both select the pods of {deployment['metadata']['name']}"

    def _over_quota(self) -> Iterator[str]:
        """At the widest: every autoscaler at its most, every deployment with its surge, every job with a pod."""
        most = {
            scaler["spec"]["scaleTargetRef"]["name"]: scaler["spec"]["maxReplicas"]
            for scaler in self._of("HorizontalPodAutoscaler")
        }
        most |= {
            scaler["spec"]["scaleTargetRef"]["name"]: scaler["spec"]["maxReplicaCount"]
            for scaler in self._of("ScaledObject")
        }
        used: dict[str, Decimal] = {}
        for one in [*self._of("Deployment"), *self._of("Job")]:
            spec = one["spec"]
            pods = most.get(one["metadata"]["name"], spec.get("replicas", 1))
            pods += spec.get("strategy", {}).get("rollingUpdate", {}).get("maxSurge", 0)
            used["pods"] = used.get("pods", Decimal(0)) + pods
            for container in _containers(spec["template"]["spec"]):
                for part, amounts in container["resources"].items():
                    for name, amount in amounts.items():
                        key = f"{part}.{name}"
                        used[key] = used.get(key, Decimal(0)) + pods * quantity(amount)
        for resource, hard in self.quota.items():
            if used.get(resource, 0) > quantity(hard):
                yield f"exceeded quota: {resource}, used: {used[resource]}, limited: {hard}"

    def _of(self, kind: str) -> list[Object]:
        return [one for (other, _), one in self.objects.items() if other == kind]


def quantity(text: str | int) -> Decimal:
    """A Kubernetes quantity as a number: cores, bytes or pieces."""
    digits = str(text).rstrip("mKiMG")
    return Decimal(digits) * _SUFFIXES[str(text).removeprefix(digits)]


def _containers(spec: Object) -> list[Object]:
    return [*spec.get("initContainers", ()), *spec["containers"]]


def _needs(spec: Object) -> Iterator[tuple[str, str]]:
    """What a pod does not start without: (kind, name)."""
    yield "ServiceAccount", spec["serviceAccountName"]
    for container in _containers(spec):
        for source in container.get("envFrom", ()):
            for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                if key in source:
                    yield kind, source[key]["name"]
        for variable in container.get("env", ()):
            if "secretKeyRef" in variable.get("valueFrom", {}):
                yield "Secret", variable["valueFrom"]["secretKeyRef"]["name"]
    for volume in spec.get("volumes", ()):
        if "configMap" in volume:
            yield "ConfigMap", volume["configMap"]["name"]
        if "secret" in volume:
            yield "Secret", volume["secret"]["secretName"]


def _at(one: Object | None, path: str) -> Any:
    value: Any = one
    for part in path.split("."):
        value = (value or {}).get(part)
    return value
