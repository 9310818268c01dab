"""Cases against centres: evidence, notice, reply, decision, appeal; suspensions, penalties and closures that follow."""
