"""Plumbing that every layer uses: params, readers, errors, signals, locks, outputs, provenance, progress."""
