"""What a file or folder of data holds: its layout, its columns, and the section `download` that reads it."""

__all__ = ["inspection", "labelled_file", "unread"]
