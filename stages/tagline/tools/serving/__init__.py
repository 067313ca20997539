"""The service of serve.py: texts and words come in over HTTP, entities go out."""
