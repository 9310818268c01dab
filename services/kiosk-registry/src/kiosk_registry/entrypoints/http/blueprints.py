"""The blueprints that the areas' routes hang on: one for each group of the documentation."""

from servicekit.http import Blueprint

READ = "kiosks:read"

centres = Blueprint("kiosks", description="The e-Mitra centres of Rajasthan and its districts")
openings = Blueprint("centre-applications", description="Opening a centre: from the application to the day it trades.")
internal = Blueprint("internal", description="For the platform's own services.")
