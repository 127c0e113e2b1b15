"""Judgements become documents for people and machines."""
