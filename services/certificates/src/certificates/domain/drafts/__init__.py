"""An application that is not submitted yet."""
