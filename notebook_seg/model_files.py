"""What the files of a model's folder are called."""

__all__ = ["CARD", "HISTORY", "MEMBERS", "OF_A_MODEL", "RECORD", "WEIGHTS"]

RECORD = "model.json"
"""What a model is and how it came about."""

WEIGHTS = "model.weights.h5"
"""What its network has learned."""

HISTORY = "history.csv"
"""The learning curves."""

CARD = "card.md"
"""The same as the record, for people."""

MEMBERS = "ensemble.json"
"""Of which models an ensemble is made."""

OF_A_MODEL = (RECORD, MEMBERS)
"""A folder that has one of these is a model."""
