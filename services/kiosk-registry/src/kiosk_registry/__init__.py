"""kiosk-registry: the districts and the e-Mitra centres of Rajasthan."""

__version__ = "0.1.0"
