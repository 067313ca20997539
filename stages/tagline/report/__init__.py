"""The report: metrics, learning curves and sentences with errors as one self-contained HTML page.

Python computes what is shown (`charts`, `evaluation_page`, `shown_sentences`), page.html contains the text, style.css
the layout, and filter.js hides sentences. `evaluation_page.render` combines them; `html_files` renders pages. marks.js
marks entities likewise in pages that change them: those of the annotation and of the service.
"""

__all__ = ["charts", "html_files"]
