"""The report: metrics, learning curves and sentences with errors as one self-contained HTML page.

`evaluation_page.render` combines all with page.html, style.css and filter.js; marks.js marks entities in other pages.
"""

__all__ = ["charts", "html_files"]
