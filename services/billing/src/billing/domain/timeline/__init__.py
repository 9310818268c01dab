"""What happened to the money of one payment, hop by hop, as a chain."""
