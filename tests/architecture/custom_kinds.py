"""Small strict schemas of the custom kinds that manifests use: what we write of each, and nothing else.

After the kinds' own documents (Gateway API v1, Envoy Gateway, KEDA, External Secrets v1, cert-manager, the operators of
RabbitMQ and MongoDB), as far as ours go: a field that is spelt wrong would be dropped or refused by a cluster, and
fails here.
"""

from typing import Any

from jsonschema import Draft202012Validator

Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "minLength": 1}
NUMBER: Schema = {"type": "integer", "minimum": 0}
DURATION: Schema = {"type": "string", "pattern": "^[0-9]+(h|m|s|ms)$"}
QUANTITY: Schema = {"type": "string", "pattern": "^[0-9]+(m|Ki|Mi|Gi)?$"}


def a(required: str = "", **members: Schema) -> Schema:
    """An object with these members and no other; `required` names those that must be there."""
    return {
        "type": "object",
        "properties": members,
        "required": required.split(),
        "additionalProperties": False,
        "minProperties": 1,
    }


def some(of: Schema) -> Schema:
    return {"type": "array", "items": of, "minItems": 1}


def one_of(*words: str) -> Schema:
    return {"enum": list(words)}


RESOURCES = a(requests=a(cpu=QUANTITY, memory=QUANTITY), limits=a("memory", memory=QUANTITY))
LABELS: Schema = {"type": "object", "additionalProperties": TEXT, "minProperties": 1}
_REFERENCE = a("kind name", group=TEXT, kind=TEXT, name=TEXT)
_POD_TERM = a("topologyKey labelSelector", topologyKey=TEXT, labelSelector=a("matchLabels", matchLabels=LABELS))

SPECS: dict[tuple[str, str], Schema] = {
    ("gateway.networking.k8s.io/v1", "HTTPRoute"): a(
        "parentRefs rules",
        parentRefs=some(a("name sectionName", name=TEXT, namespace=TEXT, sectionName=TEXT)),
        hostnames=some(TEXT),
        rules=some(
            a(
                matches=some(
                    a(
                        "path",
                        method=one_of("GET", "POST"),
                        path=a("type value", type=one_of("Exact", "PathPrefix"), value={"pattern": "^/"}),
                    )
                ),
                filters=some(
                    a(
                        "type requestRedirect",
                        type=one_of("RequestRedirect"),
                        requestRedirect=a("scheme statusCode", scheme=one_of("https"), statusCode={"const": 301}),
                    )
                ),
                timeouts=a("request", request=DURATION),
                backendRefs=some(a("name port", name=TEXT, port=NUMBER, weight=NUMBER)),
            )
        ),
    ),
    ("gateway.networking.k8s.io/v1", "Gateway"): a(
        "gatewayClassName listeners",
        gatewayClassName=TEXT,
        listeners=some(
            a(
                "name port protocol allowedRoutes",
                name=TEXT,
                port=NUMBER,
                protocol=one_of("HTTP", "HTTPS"),
                tls=a("mode certificateRefs", mode=one_of("Terminate"), certificateRefs=some(_REFERENCE)),
                allowedRoutes=a(
                    "namespaces",
                    namespaces=a(
                        "from", **{"from": one_of("Selector", "Same"), "selector": a("matchLabels", matchLabels=LABELS)}
                    ),
                ),
            )
        ),
    ),
    ("cert-manager.io/v1", "Certificate"): a(
        "secretName dnsNames issuerRef",
        secretName=TEXT,
        dnsNames=some(TEXT),
        privateKey=a(algorithm=one_of("ECDSA"), size=NUMBER, rotationPolicy=one_of("Always")),
        issuerRef=_REFERENCE,
    ),
    ("gateway.envoyproxy.io/v1alpha1", "ClientTrafficPolicy"): a(
        "targetRefs timeout connection",
        targetRefs=some(_REFERENCE),
        tls=a("minVersion", minVersion=one_of("1.2", "1.3")),
        timeout=a(
            "http",
            http=a(
                "requestReceivedTimeout",
                requestReceivedTimeout=DURATION,
                idleTimeout=DURATION,
                streamIdleTimeout=DURATION,
            ),
        ),
        connection=a(bufferLimit=QUANTITY, connectionLimit=a("value", value=NUMBER)),
        http2=a(maxConcurrentStreams=NUMBER),
        headers=a(withUnderscoresAction=one_of("RejectRequest")),
    ),
    ("gateway.envoyproxy.io/v1alpha1", "BackendTrafficPolicy"): a(
        "targetRefs rateLimit requestBuffer",
        targetRefs=some(_REFERENCE),
        requestBuffer=a("limit", limit=QUANTITY),
        rateLimit=a(
            "type local",
            type=one_of("Local"),
            local=a("rules", rules=some(a("limit", limit=a("requests unit", requests=NUMBER, unit=one_of("Minute"))))),
        ),
        timeout=a("http", http=a("requestTimeout", requestTimeout=DURATION)),
    ),
    ("keda.sh/v1alpha1", "ScaledObject"): a(
        "scaleTargetRef minReplicaCount maxReplicaCount fallback triggers",
        scaleTargetRef=a("name", name=TEXT),
        minReplicaCount=NUMBER,
        maxReplicaCount=NUMBER,
        pollingInterval=NUMBER,
        cooldownPeriod=NUMBER,
        fallback=a("failureThreshold replicas", failureThreshold=NUMBER, replicas=NUMBER),
        triggers=some(
            a(
                "type metadata authenticationRef",
                type=one_of("rabbitmq"),
                metadata=a(
                    "protocol mode value queueName",
                    protocol=one_of("http"),
                    mode=one_of("QueueLength"),
                    value={"type": "string", "pattern": "^[0-9]+$"},
                    queueName=TEXT,
                    useRegex=one_of("true"),
                    operation=one_of("sum"),
                    pageSize={"type": "string", "pattern": "^[0-9]+$"},
                ),
                authenticationRef=a("name", name=TEXT),
            )
        ),
    ),
    ("keda.sh/v1alpha1", "TriggerAuthentication"): a(
        "secretTargetRef", secretTargetRef=some(a("parameter name key", parameter=TEXT, name=TEXT, key=TEXT))
    ),
    ("external-secrets.io/v1", "ExternalSecret"): a(
        "secretStoreRef refreshInterval target dataFrom",
        secretStoreRef=_REFERENCE,
        refreshInterval={"const": "0"},
        target=a(
            "name immutable creationPolicy", name=TEXT, immutable={"const": True}, creationPolicy=one_of("Orphan")
        ),
        dataFrom=some(a("extract", extract=a("key", key=TEXT))),
    ),
    ("rabbitmq.com/v1beta1", "RabbitmqCluster"): a(
        "replicas persistence resources rabbitmq affinity",
        replicas={"enum": [3, 5, 7]},
        persistence=a("storage", storage=QUANTITY),
        resources=RESOURCES,
        rabbitmq=a(additionalPlugins=some(TEXT), additionalConfig=TEXT),
        affinity=a(
            podAntiAffinity=a(
                requiredDuringSchedulingIgnoredDuringExecution=some(_POD_TERM),
                preferredDuringSchedulingIgnoredDuringExecution=some(
                    a("weight podAffinityTerm", weight=NUMBER, podAffinityTerm=_POD_TERM)
                ),
            )
        ),
    ),
    ("mongodbcommunity.mongodb.com/v1", "MongoDBCommunity"): a(
        "type members version featureCompatibilityVersion security users",
        type=one_of("ReplicaSet"),
        members={"enum": [3, 5, 7]},
        version={"type": "string", "pattern": r"^7\.0\.[0-9]+$"},
        featureCompatibilityVersion=one_of("7.0"),
        security=a("authentication", authentication=a("modes", modes=some(one_of("SCRAM")))),
        additionalMongodConfig={"type": "object", "minProperties": 1},
        users=some(
            a(
                "name db passwordSecretRef scramCredentialsSecretName roles",
                name=TEXT,
                db=one_of("admin"),
                passwordSecretRef=a("name", name=TEXT),
                scramCredentialsSecretName=TEXT,
                roles=some(a("name db", name=TEXT, db=TEXT)),
            )
        ),
    ),
}


def faults_of(document: dict[str, Any]) -> list[str] | None:
    """What is wrong with an object of a custom kind, a sentence each; None when its kind is none of ours."""
    schema = SPECS.get((document["apiVersion"], document["kind"]))
    if schema is None:
        return None
    errors = Draft202012Validator(schema).iter_errors(document["spec"])
    return [f"{'/'.join(map(str, error.absolute_path)) or 'spec'}: {error.message[:200]}" for error in errors]
