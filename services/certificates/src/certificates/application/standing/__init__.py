"""Where an application stands: at whose desk, since when, until when, and how long that desk takes."""
