"""What stands beside the pipeline, a folder each: the code of the programs, and of checks and presets."""
