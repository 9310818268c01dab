"""The register of centres is loaded."""
