"""`tagline learning-curve`: F1 for growing parts of train, and what more sentences are likely worth."""
