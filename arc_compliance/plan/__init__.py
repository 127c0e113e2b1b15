"""What a run is about, the cases to judge, and the order for the probe."""
