"""The report: metrics, curves and predictions as one HTML page that needs nothing but a browser.

Python places and counts (`charts`, `tables`, `sentences`), page.html says how it reads, style.css how it looks, and
filter.js hides sentences. `page.render` puts them together.
"""
