"""Plumbing that every layer uses: params, errors, signals, locks, outputs, provenance, progress, launchers."""
