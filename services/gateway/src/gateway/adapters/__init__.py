"""The gateway's outside: route files, identity's keys, signing, upstream connections, MongoDB."""
