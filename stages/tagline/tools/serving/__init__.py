"""The service of `tagline serve`: texts and words come in over HTTP, entities go out."""
