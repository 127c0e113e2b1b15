"""A run's evidence and reports in one file, whose bytes can be checked and judged anew later."""
