"""An officer proposes that a certificate be revoked, another one decides."""
