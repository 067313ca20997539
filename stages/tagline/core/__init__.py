"""The schema of params.yaml: one module a section, and the reader that checks a file against them."""
