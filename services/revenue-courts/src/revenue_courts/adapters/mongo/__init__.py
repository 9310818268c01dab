"""Courts and cases in MongoDB."""
