"""The blueprints that the areas' routes hang on: one for each group of the documentation."""

from servicekit.http import Blueprint

READ = "kiosks:read"

centres = Blueprint("kiosks", description="The e-Mitra centres of Rajasthan and its districts")
openings = Blueprint("centre-applications", description="Opening a centre: from the application to the day it trades.")
live = Blueprint("kiosk-liveness", description="Which centres are there at this moment")
bulk = Blueprint("kiosk-files", description="The register of centres as a file, in and out")
discipline = Blueprint("centre-cases", description="Cases against centres: evidence, notice, reply, decision, appeal")
internal = Blueprint("internal", description="For the platform's own services.")
