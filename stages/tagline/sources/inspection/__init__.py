"""What a file or folder of data holds, and the section `download` that reads it."""

__all__ = ["inspection", "labelled_file", "unread"]
