"""What centres, their providers and the society earn of charges, by rules that orders state."""
