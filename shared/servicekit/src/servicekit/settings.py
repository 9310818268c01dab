"""One frozen dataclass of settings per service, read once from the environment; every problem told at once."""

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from marshmallow import ValidationError, fields, validate

from servicekit.fields import LONGEST_ADDRESS, WEB_ADDRESS, Code
from servicekit.fit_for_live import Rule, guessable, made_for_a_sandbox, without_credentials

MISSING: Any = dataclasses.MISSING
_SETTING = "servicekit.setting"
_LONGEST_ECHO = 60  # characters of a wrong value that are repeated in the message


@dataclass(frozen=True)
class _Setting:
    env: str
    field: fields.Field[Any]
    help: str
    default: Any
    secret: bool
    needed_live: bool
    live: Rule | None


@dataclass(frozen=True)
class SettingProblem:
    """One variable that cannot be used: its name, what is wrong, how to put it right."""

    env: str
    problem: str
    fix: str


class SettingsError(Exception):
    """The environment cannot be used. `problems` lists all that is wrong with it, not the first thing only."""

    def __init__(self, problems: list[SettingProblem]) -> None:
        self.problems = problems
        lines = [f"  {p.env}: {p.problem} {p.fix}" for p in problems]
        super().__init__("\n".join([f"{len(problems)} setting(s) cannot be used:", *lines]))


def setting(
    env: str,
    field: fields.Field[Any],
    help: str,
    *,
    default: Any = MISSING,
    secret: bool = False,
    needed_live: bool = False,
    live: Rule | None = None,
) -> Any:
    """A dataclass field read from the environment variable `env` and parsed by a marshmallow field.

    `help` says what it is, with its unit. Without `default` the variable is required; an empty one counts as
    absent, which is how Kubernetes manifests leave things out. A `secret` is never printed. Where ENVIRONMENT is live,
    what is `needed_live` is required whatever its default, nothing may bear a sandbox's mark, a secret may not be
    guessable, and `live` says what else is wrong with a text (servicekit.fit_for_live).
    """
    described = _Setting(env, field, help, default, secret, needed_live, live or (guessable if secret else None))
    return dataclasses.field(default=default, repr=not secret, metadata={_SETTING: described})


def _is_public_key_set(text: str) -> None:
    try:
        keys = json.loads(text)["keys"]
        well_formed = isinstance(keys, list) and bool(keys) and all("kid" in key for key in keys)
    except (ValueError, TypeError, KeyError):
        well_formed = False
    if not well_formed:
        raise ValidationError('Must be the JSON text of a key set, {"keys": [{"kid": …, …}]}.')
    if any("d" in key for key in keys):
        raise ValidationError("Must hold public keys only; this one has a private part (member d).")


def _address(form: str, error: str) -> Code:
    return Code(form, longest=LONGEST_ADDRESS, error=error)


def web_address() -> Code:
    """The field of a setting that holds an http or https address."""
    return _address(WEB_ADDRESS, "Must begin with http:// or https:// and have no white space.")


_port = validate.Range(min=1, max=65535)
_positive = validate.Range(min=0, min_inclusive=False)


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """What every service is told. A service subclasses this, sets `service_name` and adds its own fields."""

    service_name: ClassVar[str] = ""

    environment: str = setting(
        "ENVIRONMENT",
        fields.String(validate=validate.OneOf(["sandbox", "live"])),
        "sandbox or live; test and live keys never cross",
        default="sandbox",
    )
    mongodb_uri: str = setting(
        "MONGODB_URI",
        _address(r"mongodb(?:\+srv)?://\S+", "Must begin with mongodb:// and have no white space."),
        "MongoDB replica set, e.g. mongodb://mongodb-0/?replicaSet=rs0",
        secret=True,
        live=without_credentials,
    )
    mongodb_database: str = setting(
        "MONGODB_DATABASE",
        Code(r"[A-Za-z0-9_-]+", longest=63, error="Must have letters, digits, - and _ only."),
        "the service's own database; by default its name",
        default="",
    )
    amqp_url: str = setting(
        "AMQP_URL",
        _address(r"amqps?://\S+", "Must begin with amqp:// or amqps:// and have no white space."),
        "RabbitMQ and virtual host, e.g. amqp://billing:secret@rabbitmq:5672/emitra",
        secret=True,
        live=without_credentials,
    )
    broker_check_url: str = setting(
        "BROKER_CHECK_URL",
        web_address(),
        "RabbitMQ's management API, e.g. http://rabbitmq:15672, asked as AMQP_URL's user: worker and relay compare the "
        "topology as they start; without it they only look for what they use",
        default="",
    )
    internal_token_jwks: str = setting(
        "INTERNAL_TOKEN_JWKS",
        fields.String(validate=_is_public_key_set),
        "JSON text of the public key set that verifies the gateway's internal tokens",
    )
    jwks_url: str = setting(
        "JWKS_URL",
        web_address(),
        "where identity publishes its keys, for `dead-letters discard`: http://identity:8000/.well-known/jwks.json",
        default="",
    )
    issuer: str = setting(
        "ISSUER",
        web_address(),
        "the iss of identity's access tokens, for `dead-letters discard`: https://api.emitra.example",
        default="",
    )
    cursor_secret: str = setting(
        "CURSOR_SECRET",
        fields.String(validate=validate.Length(min=32)),
        "at least 32 random characters that sign page cursors; the same in every replica",
        secret=True,
    )
    http_host: str = setting(
        "HTTP_HOST",
        Code(r"[A-Za-z0-9.:-]+", longest=253, error="Must be a name or an address of this machine."),
        "address the API listens on",
        default="127.0.0.1",
    )
    http_port: int = setting("HTTP_PORT", fields.Integer(validate=_port), "port the API listens on", default=8000)
    http_reuse_port: bool = setting(
        "HTTP_REUSE_PORT",
        fields.Boolean(),
        "whether a second API may listen at the same port, to stand in while this one is restarted on one machine",
        default=False,
    )
    http_threads: int = setting(
        "HTTP_THREADS",
        fields.Integer(validate=validate.Range(min=1, max=256)),
        "requests the API serves at the same time",
        default=32,
    )
    probe_port: int = setting(
        "PROBE_PORT",
        fields.Integer(validate=_port),
        "port of the probes and metrics of worker and relay",
        default=9090,
    )
    api_probe_port: int = setting(
        "API_PROBE_PORT",
        fields.Integer(validate=_port),
        "port of the API's own probes and metrics, which no caller is to reach",
        default=9090,
    )
    log_level: str = setting(
        "LOG_LEVEL",
        fields.String(validate=validate.OneOf(["debug", "info", "warning", "error"])),
        "least severe level that is written: debug, info, warning or error",
        default="info",
    )
    otlp_endpoint: str = setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        web_address(),
        "OTLP/HTTP collector, e.g. http://collector:4318; without it traces are passed on but not exported",
        default="",
    )
    trace_sample_ratio: float = setting(
        "TRACE_SAMPLE_RATIO",
        fields.Float(validate=validate.Range(min=0, max=1)),
        "share of new traces of what only reads that is exported, 0 to 1; a caller's own decision is kept",
        default=1.0,
    )
    trace_sample_ratio_of_changes: float = setting(
        "TRACE_SAMPLE_RATIO_OF_CHANGES",
        fields.Float(validate=validate.Range(min=0, max=1)),
        "the same of what changes something, messages and jobs among it",
        default=1.0,
    )
    worker_threads: int = setting(
        "WORKER_THREADS",
        fields.Integer(validate=validate.Range(min=1, max=64)),
        "events a worker handles at the same time",
        default=4,
    )
    mongodb_timeout_seconds: float = setting(
        "MONGODB_TIMEOUT_SECONDS",
        fields.Float(validate=_positive),
        "longest that one operation on MongoDB may take, seconds",
        default=5.0,
    )
    broker_confirm_timeout_seconds: float = setting(
        "BROKER_CONFIRM_TIMEOUT_SECONDS",
        fields.Float(validate=_positive),
        "longest wait for RabbitMQ to confirm a publish, seconds",
        default=10.0,
    )

    def __post_init__(self) -> None:
        if not self.mongodb_database:
            object.__setattr__(self, "mongodb_database", self.service_name)
        if not self.mongodb_database:
            raise TypeError(f"{type(self).__name__} must set service_name")

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Self:
        """The settings in `environ` (as os.environ); raises SettingsError naming every problem at once."""
        values: dict[str, Any] = {}
        problems: list[SettingProblem] = []
        live = environ.get("ENVIRONMENT") == "live"
        for name, described in _described(cls):
            raw = environ.get(described.env, "")
            if not raw:
                if described.default is MISSING:
                    problems.append(SettingProblem(described.env, "is missing.", _fix(described)))
                elif live and described.needed_live:
                    problem = SettingProblem(described.env, "is missing where ENVIRONMENT is live.", _fix(described))
                    problems.append(problem)
                else:
                    values[name] = described.default
                continue
            try:
                values[name] = described.field.deserialize(raw, described.env)
            except ValidationError as error:
                what = " ".join(_flat(error.messages))
                shown = "" if described.secret else f" (got {raw[:_LONGEST_ECHO]!r})"
                problems.append(SettingProblem(described.env, f"{what}{shown}", _fix(described)))
                continue
            if live and (unfit := made_for_a_sandbox(raw) or (described.live and described.live(raw))):
                unfit = f"{unfit.removesuffix('.')}, which does not do where ENVIRONMENT is live."
                problems.append(SettingProblem(described.env, unfit, _fix(described)))
        problems += cls.problems_between(values, live)
        if problems:
            raise SettingsError(problems)
        return cls(**values)

    @classmethod
    def problems_between(cls, values: Mapping[str, Any], live: bool) -> Iterable[SettingProblem]:  # noqa: ARG003 - for a service's own
        """What is wrong with settings beside each other. `values` has those that are right by themselves."""
        return ()


def describe(cls: type[ServiceSettings]) -> list[tuple[str, str, str | None, bool]]:
    """Every setting of `cls` as (variable, help, default as text or None when it is required, secret)."""
    rows = []
    for name, described in _described(cls):
        default = None if described.default is MISSING else str(described.default)
        if name == "mongodb_database" and not default:
            default = cls.service_name
        rows.append((described.env, described.help, default, described.secret))
    return rows


def _described(cls: type[ServiceSettings]) -> list[tuple[str, _Setting]]:
    return [(f.name, f.metadata[_SETTING]) for f in dataclasses.fields(cls) if _SETTING in f.metadata]


def _fix(described: _Setting) -> str:
    default = "" if described.default is MISSING or described.secret else f" Default: {described.default!r}."
    return f"Set it to: {described.help}.{default}"


def _flat(messages: Any) -> list[str]:
    if isinstance(messages, dict):
        return [text for inner in messages.values() for text in _flat(inner)]
    if isinstance(messages, list):
        return [text for inner in messages for text in _flat(inner)]
    return [str(messages)]
