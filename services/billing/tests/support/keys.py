"""A signing key that only tests use."""

import json

from joserfc.jwk import OKPKey

TIMELINE_KEY = json.dumps(OKPKey.generate_key("Ed25519", private=True).as_dict(private=True))
