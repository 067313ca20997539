"""The review of probable label errors: where they are (`disagreements`), and the most probable ones (`ranking`)."""

__all__ = ["finetuned", "ranking"]
