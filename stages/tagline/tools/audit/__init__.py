"""`tagline audit`: labels that are probably wrong, on the screen, for an annotation tool or on a page."""
