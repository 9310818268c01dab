"""How the outside reaches billing: routes, events, jobs and commands."""
