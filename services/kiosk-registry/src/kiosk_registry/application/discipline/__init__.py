"""Cases against centres are opened, heard and decided; what was decided is carried out and ends."""
