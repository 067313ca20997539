"""The way in: documents from texts, rows and files."""
