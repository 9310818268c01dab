"""Admission policies, judged as the API server does: their CEL expressions, by an implementation of CEL."""

from functools import cache
from typing import Any

import celpy
from celpy.adapter import json_to_cel
from celpy.evaluation import CELEvalError

from tests.architecture.manifests import K8S, rendered

Object = dict[str, Any]
_KINDS = {
    "ConfigMap": "configmaps",
    "Deployment": "deployments",
    "Job": "jobs",
    "Service": "services",
    "Ingress": "ingresses",
}


@cache
def _program(expression: str) -> celpy.Runner:
    environment = celpy.Environment()
    return environment.program(environment.compile(expression))


def refused(one: Object, namespace: Object, policies: list[Object] | None = None) -> list[str]:
    """The messages with which policies refuse an object in a namespace; an expression that cannot be judged refuses."""
    given = rendered(K8S / "platform" / "policies") if policies is None else policies
    bound = {
        other["spec"]["policyName"]
        for other in given
        if other["kind"] == "ValidatingAdmissionPolicyBinding" and other["spec"]["validationActions"] == ["Deny"]
    }
    said = []
    for policy in given:
        judges = policy["metadata"]["name"] in bound and policy["kind"] == "ValidatingAdmissionPolicy"
        if judges and _matches(policy["spec"]["matchConstraints"], one, namespace):
            said += _judged(policy["spec"], one, namespace)
    return said


def _matches(constraints: Object, one: Object, namespace: Object) -> bool:
    group = one["apiVersion"].rpartition("/")[0]
    rules = constraints["resourceRules"]
    if not any(group in rule["apiGroups"] and _KINDS.get(one["kind"]) in rule["resources"] for rule in rules):
        return False
    selected = {"namespaceSelector": namespace, "objectSelector": one}
    return all(
        expression["operator"] == "Exists" and expression["key"] in subject["metadata"].get("labels", {})
        for selector, subject in selected.items()
        for expression in constraints.get(selector, {}).get("matchExpressions", ())
    )


def _judged(spec: Object, one: Object, namespace: Object) -> list[str]:
    known = {"object": json_to_cel(one), "namespaceObject": json_to_cel(namespace)}
    values = {}
    for variable in spec.get("variables", ()):
        values[variable["name"]] = _program(variable["expression"]).evaluate({**known})
    if values:
        known["variables"] = celpy.celtypes.MapType({celpy.celtypes.StringType(k): v for k, v in values.items()})
    said = []
    for validation in spec["validations"]:
        try:
            allowed = bool(_program(validation["expression"]).evaluate(known))
        except CELEvalError:
            allowed = False
        if not allowed:
            said.append(validation["message"])
    return said
