"""Cases against centres over HTTP."""
