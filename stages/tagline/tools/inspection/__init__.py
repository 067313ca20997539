"""`tagline inspect`: guesses the format of data and writes its section of params.yaml."""
