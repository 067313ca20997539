"""The splits that are evaluated."""

VALIDATION, TEST = "validation", "test"
SPLITS = (VALIDATION, TEST)
