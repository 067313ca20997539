"""Two sides of a comparison: predictions of Git revisions, what differs between them, and whether that is noise."""
