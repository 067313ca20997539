"""Bulk tagging with Ray Data, for bulk.py."""
