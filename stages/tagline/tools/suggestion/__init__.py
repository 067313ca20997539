"""suggest.py: which texts of a pool to annotate next."""
