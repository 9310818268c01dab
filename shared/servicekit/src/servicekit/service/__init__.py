"""A service, declared (`declaration`) and run (`commands`, `processes`)."""

from servicekit.service.commands import command_line
from servicekit.service.declaration import Service
from servicekit.service.jobs import Job

__all__ = ["Job", "Service", "command_line"]
