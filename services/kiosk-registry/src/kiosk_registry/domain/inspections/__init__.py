"""Inspections of centres: their own yearly ones, and those of the district."""
