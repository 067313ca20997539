"""`tagline predict`: formats of input and output, highlighting; readers that `tagline suggest` and `tagline bulk` use too."""
