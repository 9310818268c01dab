"""What `make run` and `make test` start on a developer's machine: environments, infrastructure, processes, journeys."""
