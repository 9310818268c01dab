"""An application and the acts that move it, one module each."""
