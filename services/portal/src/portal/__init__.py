"""The portal: what citizens see of e-Mitra. A client of the gateway like any other."""

__version__ = "0.1.0"
