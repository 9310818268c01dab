"""The blueprints that the areas' routes hang on: one for each group of the documentation."""

from servicekit.http import Blueprint

READ = "kiosks:read"

centres = Blueprint("kiosks", description="The e-Mitra centres of Rajasthan and its districts")
