"""What stands beside the pipeline, a folder each: programs, checks, presets."""
