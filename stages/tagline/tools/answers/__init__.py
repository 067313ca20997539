"""The way out: tagged documents and annotation tasks, for people, programs and annotation tools."""
