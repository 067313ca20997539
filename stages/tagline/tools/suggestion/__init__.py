"""`tagline suggest`: which texts of a pool to annotate next."""
