"""What the five stages share: one noun a module, listed in dvc.yaml by each stage that imports it."""
