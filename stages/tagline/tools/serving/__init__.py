"""The service of `tagline serve`: texts come in over HTTP, entities go out."""
