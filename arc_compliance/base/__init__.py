"""What every room uses and none is about: files, YAML, phrases, redaction."""
