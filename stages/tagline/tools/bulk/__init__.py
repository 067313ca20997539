"""Bulk tagging with Ray Data, for `tagline bulk`."""
