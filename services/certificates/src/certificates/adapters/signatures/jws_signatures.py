"""Documents as compact JWS (RFC 7515) signed with Ed25519 (RFC 8037).

The algorithm has two names: EdDSA, which common libraries know, is what is written; Ed25519 (RFC 9864), which they
refuse, is in documents signed until November 2026, and is read for as long as those are valid.
"""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from certificates.application.certificates.ports import (
    LONGEST_DOCUMENT,
    PAPER,
    NotACertificate,
    SignatureInvalid,
    UnknownKey,
)
from servicekit.tokens import ED25519, signatures

ALGORITHM = "EdDSA"
_PUBLISHED = ("kty", "crv", "x", "kid")

_WRITTEN = signatures(ALGORITHM)
_READ = signatures(*ED25519)
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)


class JwsKeys:
    """Verifies documents with keys that may be public ones, as somebody without a line has them."""

    def __init__(self, keys: Iterable[OKPKey]) -> None:
        self._by_kid = {str(key.kid): _unbound(key) for key in keys}

    def verify(self, document: str) -> Mapping[str, Any]:
        """The document's content; whatever the text is, the only errors are those of the port."""
        if len(document) > LONGEST_DOCUMENT or not _COMPACT.fullmatch(document):
            raise NotACertificate
        key = self._by_kid.get(_kid(document.split(".", maxsplit=1)[0]) or "")
        if key is None:
            raise UnknownKey
        try:
            content = json.loads(jws.deserialize_compact(document, key, registry=_READ).payload)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise SignatureInvalid from error
        if not isinstance(content, dict):
            raise SignatureInvalid
        return content


class JwsSignatures(JwsKeys):
    """Implements application.certificates.ports.Signatures. Threads may share it."""

    def __init__(self, signing_key: OKPKey, retired_keys: list[OKPKey]) -> None:
        super().__init__([*retired_keys, signing_key])
        self._key = self._by_kid[str(signing_key.kid)]

    def sign(self, content: Mapping[str, Any], kind: str = PAPER) -> str:
        """A compact JWS whose payload is the content as JSON in UTF-8."""
        header = {"alg": ALGORITHM, "kid": self._key.kid, "cty": kind}
        payload = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        return jws.serialize_compact(header, payload, self._key, registry=_WRITTEN)

    def public_keys(self) -> Mapping[str, Any]:
        """The public JWK Set, the signing key last.

        Without `alg`: a key bound to one of the two names would be refused for documents that bear the other one.
        """
        public = (key.as_dict(private=False) for key in self._by_kid.values())
        return {"keys": [{**{name: jwk[name] for name in _PUBLISHED}, "use": "sig"} for jwk in public]}


def _unbound(key: OKPKey) -> OKPKey:
    """The same key, for either name of its algorithm."""
    parameters = key.as_dict(private=key.is_private)
    return OKPKey.import_key({name: value for name, value in parameters.items() if name != "alg"})


def _kid(header: str) -> str | None:
    try:
        parameters = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    except (ValueError, RecursionError):
        return None
    kid = parameters.get("kid") if isinstance(parameters, dict) else None
    return kid if isinstance(kid, str) else None
