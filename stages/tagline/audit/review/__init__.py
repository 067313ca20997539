"""What to review: `disagreements` of gold and models, their `ranking`, the page."""
