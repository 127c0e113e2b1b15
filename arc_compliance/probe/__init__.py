"""What runs on a host: self-contained programs, order in, evidence out."""
