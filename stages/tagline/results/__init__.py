"""The commands on what the pipeline made: `tagline scores`, `tagline push`."""
