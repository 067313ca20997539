"""The way out: tagged documents and annotation tasks, written for people, programs and annotation tools."""
