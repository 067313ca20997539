"""Modules that of all stages only `download` uses: data sets in files and on the Hub, as rows of data/raw."""
