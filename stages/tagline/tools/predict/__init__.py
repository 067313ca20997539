"""The verb `tagline predict`."""
