"""`tagline predict`: formats of input and output, highlighting; readers for other verbs, too."""
