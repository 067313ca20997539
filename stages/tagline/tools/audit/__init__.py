"""`tagline audit`: the pipeline of an audit, its suspicions for a tool or a page, the data set with corrections."""
