"""Partners' files of a day, what does not agree with them, and what departments are paid."""
