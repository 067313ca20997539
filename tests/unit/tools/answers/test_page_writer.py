"""The annotation page: what is written is a page, and what people do in a browser is what it saves."""

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from helpers.annotated import embedded
from helpers.browser import chromium, in_a_browser, requests, scrolls_sideways, without_errors
from helpers.formats import section
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from tagline.labels.entities import Entity, entities
from tagline.sources.formats.page_layout import SAVED, content_hash, task
from tagline.terminal.errors import UserError
from tagline.text.words import split_words
from tagline.tools.answers import outputs, page_writer
from tagline.tools.answers.task import AnnotationTask, in_text

Span = tuple[int, int, str]
TYPES = ["LOC", "ORG", "PER"]  # with the keys 1, 2 and 3
SCRIPT = "</script><script>document.title='taken'</script><!--"
HOSTILE = [SCRIPT, "a\u2028b\u202e", "\0\x1b", "x" * 1_000_000, "<img src=x onerror=document.title='taken'>", "&lt;"]


def test_page_contains_tasks_and_their_hash(tmp_path):
    path = tmp_path / "tasks.html"
    text, words = "Ada \U0001f44b in\r\nOslo", [(0, 3), (4, 5), (6, 8), (10, 14)]
    entities = [(Entity("LOC", 3, 4), 0.87654), (Entity("PER", 0, 1), None)]
    suggested = [in_text(entity, words, score) for entity, score in entities]
    gold = AnnotationTask.of_words(["New York", SCRIPT], [], [Entity("LOC", 0, 1)], {"id": "7"})
    given = [AnnotationTask(text, words, suggested, fields={"id": 7}), gold]
    outputs.save(path, page_writer.Page(TYPES, "Mark <names>."), given)
    written = embedded(path)
    data = json.loads(written)
    head = {"version": 1, "types": TYPES, "grounds": [0, 2, 3], "guideline": "Mark <names>."}
    assert {**data, "tasks": None} == {**head, "tasks": None}
    first = {"id": "7", "text": text, "words": [list(word) for word in words]}
    first["sha256"] = hashlib.sha256('"Ada \U0001f44b in\\r\\nOslo"'.encode()).hexdigest()
    first |= {"spans": [[10, 14, "LOC"], [0, 3, "PER"]]}
    first |= {"suggested": [[10, 14, "LOC", 0.8765], [0, 3, "PER", None]]}
    second = {"id": "7#2", "words": ["New York", SCRIPT], "spans": [[0, 1, "LOC"]], "suggested": []}
    second |= {"sha256": content_hash(["New York", SCRIPT])}
    assert data["tasks"] == [first, second]
    html = path.read_text("utf-8")
    assert f'<data id="hash" value="{hashlib.sha256(written.encode()).hexdigest()}">' in html
    assert html.count("<script>") == 1 and "default-src 'none'" in html
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest| src=", html.replace(written, ""))


def test_word_of_white_space_is_an_error(tmp_path):
    tasks = [task("a", ["Ada"], []), task("b", ["Ada", " "], [])]
    with pytest.raises(UserError, match=r"text 'b': a word of white space only in \['Ada', ' '\]; expected words"):
        outputs.save(tmp_path / "tasks.html", page_writer.Page(TYPES), tasks)
    assert not [*tmp_path.iterdir()]


ONE_FILE = "the annotation page is one file; expected a name that ends in .html"
NO_PAGES = [
    ("a.html", "none.txt", "none.txt: can't be read (No such file or directory); expected text in UTF-8"),
    ("a.html", "nul.txt", "nul.txt: can't be read (NUL byte); expected text in UTF-8"),
    ("guide.html", "guide.html", "--output guide.html: the same file as --guideline; expected another one"),
    ("none/a.html", None, "--output none/a.html: none is not a folder; expected an existing one"),
    *[(name, None, f"--output {Path(name)}: {ONE_FILE}") for name in ("", "..", "nul.txt")],
]


@pytest.mark.parametrize(("output", "guideline", "message"), NO_PAGES)
def test_output_that_cannot_be_a_page_is_an_error(tmp_path, monkeypatch, output, guideline, message):
    monkeypatch.chdir(tmp_path)
    for name, content in {"nul.txt": b"\0", "guide.html": b"\xef\xbb\xbfMark names."}.items():
        Path(name).write_bytes(content)
    assert page_writer.check("--output", Path("a.HTML"), Path("guide.html")) == "Mark names."
    with pytest.raises(UserError, match=f"^{re.escape(message)}"):
        page_writer.check("--output", Path(output), guideline and Path(guideline))


@pytest.fixture(scope="module")
def chrome():
    with chromium("--window-size=1280,900") as chrome:
        yield chrome


@pytest.fixture
def browser(chrome, tmp_path):
    """A browser that saves into the folder of the test; afterwards, no error and no request for another file."""
    chrome.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    with without_errors(chrome):
        yield chrome
    assert {url for url in requests(chrome) if not url.startswith("blob:")} <= {f"file://{tmp_path}/tasks.html"}
    chrome.execute_script("localStorage.clear()")


def opened(browser: Chrome, folder: Path, tasks: list[dict[str, Any]], guideline: str | None = None):
    outputs.save(folder / "tasks.html", page_writer.Page(TYPES, guideline), tasks)
    browser.get((folder / "tasks.html").as_uri())


def do(browser: Chrome, steps: str):
    """Do what a person does: a key, `click:WORD`, `drag:WORD-WORD`, `chip:NUMBER` or `press:BUTTON` after the other."""
    for step in steps.split():
        action, _, what = step.partition(":")
        if action in ("click", "drag"):
            first, last = ([browser.find_element(By.ID, f"word-{word}") for word in what.split("-")] * 2)[:2]
            ActionChains(browser, 0).click_and_hold(first).move_to_element(last).release().perform()
        elif action == "chip":
            browser.find_elements(By.CSS_SELECTOR, "#sentence .remove")[int(what)].click()
        elif action == "press":
            browser.find_element(By.XPATH, f"//button[contains(., '{what}') or @data-key='{what}']").click()
        else:
            keys = [getattr(Keys, key.upper(), key) for key in step.split("+")]
            browser.switch_to.active_element.send_keys(*keys)


def message(browser: Chrome):
    return browser.find_element(By.ID, "message").text


def saved(browser: Chrome, folder: Path, name: str = "Ada Lind"):
    """Type a name, save, and read the rows."""
    field = browser.find_element(By.ID, "name")
    field.clear()
    field.send_keys(name, Keys.CONTROL, "s")
    path = folder / f"tasks.{name.lower().replace(' ', '-')}.jsonl"
    WebDriverWait(browser, 10).until(lambda _: path.exists())
    assert path.name in message(browser)
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def loaded(browser: Chrome, path: Path):
    """Load a saved file, and read the message."""
    browser.execute_script("document.getElementById('message').value = ''")
    browser.find_element(By.ID, "file").send_keys(str(path))
    return WebDriverWait(browser, 10).until(message)


WORDS = ["Ada", "Lind", "of", "New York", "Bank"]
# The words (0, 2), (3, 6), (7, 10), (11, 13), (15, 19), (20, 22), (23, 28), and (0, 4), (5, 9), (10, 13) to the left.
EMOJI = "\U0001f44b\U0001f3fd Ada \U0001f469\u200d\U0001f467 in\r\nOslo e\u0301 cafe\u0301"
HEBREW = "\u05e9\u05dc\u05d5\u05dd \u05dc\u05de\u05e8\u05d9 \u05db\u05d4\u05df"
# The content of each sentence, the words of its spans, and of those of a model.
SENTENCES: list[tuple[Any, list[Span], list[Span] | None]] = [
    (WORDS, [(0, 2, "PER")], [(0, 1, "ORG"), (3, 5, "ORG")]),
    (EMOJI, [(1, 2, "PER")], [(4, 5, "LOC")]),
    (HEBREW, [(0, 1, "PER"), (2, 3, "LOC")], None),
    (HOSTILE, [(4, 5, "ORG")], None),
    (WORDS, [], []),
]
# What a walk does: keys, of which the later ones change no span.
KEYS = "1 2 3 Space x a z Shift+Arrow_Left Shift+Arrow_Right Alt+Arrow_Left Control+Arrow_Right Enter s j k e Shift+e"
KEYS += " Home End Arrow_Left Arrow_Right Arrow_Right"
BUTTONS = {"1": "LOC", "2": "ORG", "3": "PER", "z": "Undo", "Enter": "Done", "s": "Skip", "j": "Next", "k": "Back"}


class Model:
    """What the page should hold: the spans and status of each sentence, where the cursor is, and what Undo brings."""

    def __init__(self) -> None:
        self.answers: dict[int, tuple[list[Span], str]] = {}
        self.changes: list[tuple[int, tuple[list[Span], str] | None]] = []
        self.last_type = ""
        self.open(0)

    def open(self, index: int):
        self.index = index
        content, spans, self.suggested = SENTENCES[index]
        self.spans, self.status = self.answers.get(index, (spans, ""))
        self.length = len(split_words(content)) if isinstance(content, str) else len(content)
        differing = [] if self.suggested is None else sorted({*self.spans} ^ {*self.suggested})
        starts = [start for start, _, _ in differing] or self.starts() or [0]
        self.cursor = self.anchor = starts[0]

    def starts(self):
        return sorted({start for start, _, _ in [*self.spans, *(self.suggested or ())]})

    def target(self):
        if self.cursor != self.anchor:
            return min(self.cursor, self.anchor), max(self.cursor, self.anchor) + 1
        return next(
            (span[:2] for span in self.spans if span[0] <= self.cursor < span[1]), (self.cursor, self.cursor + 1)
        )

    def select(self, word: int, from_: int | None = None):
        self.cursor = max(0, min(word, self.length - 1))
        self.anchor = self.cursor if from_ is None else from_

    def change(self, spans: list[Span], status: str):
        self.changes.append((self.index, self.answers.get(self.index)))
        self.answers[self.index] = self.spans, self.status = sorted(spans), status

    def edit(self, spans: list[Span], cursor: int):
        self.change(spans, "" if self.status == "skipped" else self.status)
        self.cursor = self.anchor = cursor

    def replace(self, found: list[Span], cursor: int):
        """Put spans at the target, and in place of those that they overlap."""
        regions = [self.target(), *found]
        self.edit([span for span in self.spans if not any(overlap(span, each) for each in regions)] + found, cursor)

    def do(self, step: str):
        action, _, what = step.partition(":")
        start, end = self.target()
        if action in ("click", "drag"):
            first, *others = map(int, what.split("-"))
            self.select(others[-1] if others else first, first)
        elif action == "chip":
            self.edit(self.spans[1:], self.cursor)
        elif step in "123" or (step == "Space" and self.last_type):
            self.last_type = self.last_type if step == "Space" else TYPES[int(step) - 1]
            self.replace([(start, end, self.last_type)], start)
        elif step == "x" and any(overlap(span, (start, end)) for span in self.spans):
            self.replace([], self.cursor)
        elif step == "a" and self.suggested is not None:
            found = [span for span in self.suggested if overlap(span, (start, end))]
            self.replace(found, found[0][0] if found else self.cursor)
        elif step == "z" and self.changes:
            index, before = self.changes.pop()
            del self.answers[index]
            self.answers |= {} if before is None else {index: before}
            self.open(index)
        elif step in ("Enter", "s"):
            self.change(self.spans, "done" if step == "Enter" else "skipped")
            self.open(min(self.index + 1, len(SENTENCES) - 1))
        elif step in ("j", "k"):
            self.open(max(0, min(self.index + (1 if step == "j" else -1), len(SENTENCES) - 1)))
        else:
            self.move(step)

    def move(self, step: str):
        key = step.rpartition("+")[2]
        if step == "e" and self.starts():
            self.select(next((word for word in self.starts() if word > self.cursor), self.starts()[0]))
        elif step == "Shift+e" and self.starts():
            self.select(next((word for word in self.starts()[::-1] if word < self.cursor), self.starts()[-1]))
        elif step in ("Home", "End"):
            self.select(0 if step == "Home" else self.length)
        elif key in ("Arrow_Left", "Arrow_Right"):
            self.arrow(step, 1 if (key == "Arrow_Right") != (SENTENCES[self.index][0] == HEBREW) else -1)

    def arrow(self, step: str, onwards: int):
        inside = [span for span in self.spans if self.cursor == self.anchor and span[0] <= self.cursor < span[1]]
        if step.startswith("Arrow"):
            self.select(self.cursor + onwards)
        elif inside:
            start, end, type_ = inside[0]
            if step.startswith("Shift"):
                end += onwards
            else:
                start += onwards
            if 0 <= start < end <= self.length:
                taken = [span for span in self.spans if overlap(span, (start, end)) and span != inside[0]]
                start, end = min([start, *(span[0] for span in taken)]), max([end, *(span[1] for span in taken)])
                others = [span for span in self.spans if span not in (*taken, *inside)]
                self.edit([*others, (start, end, type_)], min(max(self.cursor, start), end - 1))
        elif step.startswith("Shift"):
            self.select(self.cursor + onwards, self.anchor)

    def state(self):
        states = ["open"] * len(SENTENCES)
        for index, (_, status) in self.answers.items():
            states[index] = status or "draft"
        return [self.index, self.cursor, self.anchor, list(map(list, self.spans)), states]


def overlap(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def random_step(random: Random, model: Model) -> tuple[str, str]:
    """What the model does, and what a person does in the browser: with a key, a button, or on the words."""
    step = random.choice(KEYS.split())
    way = random.random()
    if way < 0.1:
        first, last = sorted(random.choices(range(model.length), k=2))
        step = random.choice([f"click:{first}", f"drag:{first}-{last}", f"drag:{last}-{first}"])
    elif way < 0.15 and model.spans:
        step = "chip:0"
    elif way < 0.4 and step in BUTTONS:
        return step, f"press:{BUTTONS[step]}"
    return step, step


def to_layout(content: Any, spans: list[Span]) -> list[Span]:
    if not isinstance(content, str):
        return spans
    words = split_words(content)
    return [(words[start][0], words[end - 1][1], type_) for start, end, type_ in spans]


@in_a_browser
def test_random_walk_holds_and_saves_what_a_list_would(browser, tmp_path):
    tasks = []
    for number, (content, spans, suggested) in enumerate(SENTENCES):
        bounds = split_words(content) if isinstance(content, str) else ()
        scored = None if suggested is None else [(*span, 0.5) for span in to_layout(content, suggested)]
        selection = "random" if number else None
        tasks.append(
            task(f"s-{number}", content, to_layout(content, spans), bounds, suggested=scored, selection=selection)
        )
    opened(browser, tmp_path, tasks)
    model = Model()
    random = Random(1)
    walked = []
    for _ in range(300):
        step, done = random_step(random, model)
        walked.append(done)
        do(browser, done)
        model.do(step)
        state = browser.execute_script("return [index, cursor, anchor, spans, tasks.map(stateOf)]")
        assert state == model.state(), f"after {walked[-8:]}"
    for _ in SENTENCES:
        do(browser, "k")
    do(browser, " ".join(["Enter"] * len(SENTENCES)))
    assert message(browser) == "All sentences are decided: save them."
    rows = saved(browser, tmp_path)
    answers = [model.answers.get(index, (spans, ""))[0] for index, (_, spans, _) in enumerate(SENTENCES)]
    for row, answer, given in zip(rows, answers, tasks, strict=True):
        content = "text" if "text" in given else "words"
        assert row["spans"] == list(map(list, to_layout(given[content], answer)))
        assert list(row) == [SAVED[0], content, *SAVED[1:], *(["selection"] if "selection" in given else [])]
        assert [row[key] for key in ("id", content, "sha256")] == [given[key] for key in ("id", content, "sha256")]
        digest = hashlib.sha256(embedded(tmp_path / "tasks.html").encode()).hexdigest()
        assert [row[key] for key in ("status", "note", "annotator", "tasks")] == ["done", "", "Ada Lind", digest]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["at"])
    read = section("page").read(tmp_path / "tasks.ada-lind.jsonl")
    types = [[type_ for _, _, type_ in answer] for answer in answers]
    assert [[each.type for each in entities(sentence.tags["ner"])] for sentence in read] == types
    assert browser.title == "Annotate", "a script of the texts was run"


def few(number: int = 4):
    return [task(f"s-{n}", ["Ada", "in", "Oslo", str(n)], [(0, 1, TYPES[n % 3])]) for n in range(number)]


def listed(browser: Chrome):
    """The sign and the number of each row of the list, at one moment: rows are made anew at each change."""
    rows = "[...document.querySelectorAll('#rows li')]"
    found = browser.execute_script(f"return {rows}.map(row => [...row.childNodes].map(e => e.textContent))")
    return [f"{sign} {number}" for sign, number, _ in found]


@in_a_browser
def test_states_filters_and_guideline(browser, tmp_path):
    opened(browser, tmp_path, few(), "Mark <b>names</b>.")
    do(browser, "Enter s x j u")
    browser.switch_to.active_element.send_keys("a river?", Keys.ENTER)
    assert listed(browser) == ["● 1", "\u2013 2", "◐ 3", "? 4"]
    assert browser.find_element(By.ID, "decided").text == "3 of 4 decided"
    do(browser, "g")
    browser.find_element(By.ID, "save").send_keys("x")
    assert len(browser.find_elements(By.CSS_SELECTOR, "#sentence .note")) == 1, "a letter on Save deletes nothing"
    assert browser.find_element(By.ID, "unsaved").text == "3 sentences not saved"
    assert browser.find_element(By.CSS_SELECTOR, "#guideline p").text == "Mark <b>names</b>."
    states = [(row["status"], row["note"]) for row in saved(browser, tmp_path)]
    assert states == [("done", ""), ("skipped", ""), ("unsure", "a river?")]
    assert "Not in it: 1 sentence changed, but not decided." in message(browser)
    assert browser.find_element(By.ID, "unsaved").text == ""
    for field, value, expected in (
        ("state", "open", ["◐ 3"]),
        ("state", "all", ["● 1", "\u2013 2", "◐ 3", "? 4"]),
        ("type", "LOC", ["● 1", "? 4"]),
    ):
        Select(browser.find_element(By.NAME, field)).select_by_visible_text(value)
        assert listed(browser) == expected
    do(browser, "Escape k")
    assert browser.find_element(By.ID, "where").text.startswith("s-0")


@in_a_browser
def test_digit_marks_run_of_capitalised_words(browser, tmp_path):
    opened(browser, tmp_path, [task("s", "he met Ada Lind in New York City .".split(), [])])
    do(browser, "c 3 c c c 1 Shift+c 2 Enter")
    assert [row["spans"] for row in saved(browser, tmp_path)] == [[[2, 4, "ORG"], [5, 8, "LOC"]]]


@in_a_browser
def test_keys_that_people_try_work_also_from_a_field(browser, tmp_path):
    opened(browser, tmp_path, few(2))
    keys = browser.find_element(By.ID, "keys")
    do(browser, "u ?")
    assert keys.get_attribute("open") is None, "in a note, a question mark is text"
    do(browser, "Control+Enter")
    assert listed(browser) == ["● 1", "○ 2"]
    do(browser, "?")
    assert keys.get_attribute("open") is not None
    (row,) = saved(browser, tmp_path)
    assert (row["status"], row["note"]) == ("done", "?")


@in_a_browser
def test_sentence_is_found_by_text_or_number(browser, tmp_path):
    tasks = [task(f"s-{n}", ["Ada", "in", city], []) for n, city in enumerate(("Oslo", "Rome", "Bern", "Romeo"))]
    opened(browser, tmp_path, tasks)
    all_four = ["○ 1", "○ 2", "○ 3", "○ 4"]
    for sought, expected in (("rome", ["○ 2", "○ 4"]), ("3", ["○ 3"]), ("s-0", ["○ 1"]), ("x", []), ("", all_four)):
        do(browser, "/")
        field = browser.switch_to.active_element
        field.clear()
        field.send_keys(sought)
        assert listed(browser) == expected
        do(browser, "Enter" if expected else "Escape")
        if expected:
            assert browser.find_element(By.ID, "where").text.split()[1] == expected[0][2:]


@in_a_browser
def test_names_of_words_say_type_suspicion_and_model(browser, tmp_path):
    given = task("s", ["Ada", "in", "Oslo"], [(0, 1, "PER")], suggested=[(0, 1, "ORG", 0.5), (2, 3, "LOC", 0.9)])
    opened(browser, tmp_path, [{**given, "suspect": [(0, 1, "PER")]}])
    names = [word.get_attribute("aria-label") for word in browser.find_elements(By.CSS_SELECTOR, ".word")]
    assert names == ["Ada, PER, probably an error, model ORG", "in", "Oslo, model LOC"]


@in_a_browser
def test_page_begins_with_sentences_to_check(browser, tmp_path):
    tasks = few()
    for each, accepted in zip(tasks, ([True], [True, False], [False], []), strict=True):
        each["suggested"] = [(2 * n, 2 * n + 1, "PER", 0.9, mark) for n, mark in enumerate(accepted)]
    opened(browser, tmp_path, tasks)
    assert message(browser) == "1 entity accepted unseen; 2 sentences to check."
    assert listed(browser) == ["○ 2", "○ 3"]
    do(browser, "Enter")
    assert listed(browser) == ["● 2", "○ 3"]


@in_a_browser
def test_killed_tab_loses_nothing(browser, tmp_path):
    first = browser.current_window_handle
    browser.switch_to.new_window("tab")
    opened(browser, tmp_path, few())
    do(browser, "2 Enter Arrow_Right Shift+Arrow_Right 3")
    with pytest.raises(WebDriverException):
        browser.get("chrome://crash")
    browser.switch_to.window(first)
    browser.get((tmp_path / "tasks.html").as_uri())
    assert listed(browser) == ["● 1", "◐ 2", "○ 3", "○ 4"]
    browser.execute_script("localStorage[`tagline:${hash}:s-2`] = '{'")
    browser.refresh()
    assert listed(browser) == ["● 1", "◐ 2", "○ 3", "○ 4"], "a damaged draft hides no other one"
    do(browser, "Enter")
    assert [row["spans"] for row in saved(browser, tmp_path)] == [[[0, 1, "ORG"]], [[0, 1, "ORG"], [1, 3, "PER"]]]


@in_a_browser
def test_two_tabs_share_their_answers(browser, tmp_path):
    opened(browser, tmp_path, few())
    first = browser.current_window_handle
    do(browser, "x")
    browser.switch_to.new_window("tab")
    browser.get((tmp_path / "tasks.html").as_uri())
    do(browser, "1 Enter Enter")
    second = browser.current_window_handle
    browser.switch_to.window(first)
    WebDriverWait(browser, 10).until(lambda browser: listed(browser) == ["● 1", "● 2", "○ 3", "○ 4"])
    do(browser, "z")
    assert message(browser) == "There is nothing to undo.", "Undo would delete what the other tab decided"
    do(browser, "Arrow_Right Arrow_Right 2 j j s")
    browser.switch_to.window(second)
    WebDriverWait(browser, 10).until(lambda browser: listed(browser) == ["● 1", "● 2", "\u2013 3", "○ 4"])
    rows = saved(browser, tmp_path)
    assert [row["spans"] for row in rows] == [[[0, 1, "LOC"], [2, 3, "ORG"]], [[0, 1, "ORG"]], [[0, 1, "PER"]]]
    browser.close()
    browser.switch_to.window(first)


@in_a_browser
def test_loading_keeps_newer_drafts_and_notes_and_is_undone_in_one_step(browser, tmp_path):
    opened(browser, tmp_path, few())
    do(browser, "Enter s Enter Enter")
    saved(browser, tmp_path)
    do(browser, "Escape z z k 2 k u")
    browser.switch_to.active_element.send_keys("a river?", Keys.ESCAPE)
    expected = "Loaded 2 sentences from tasks.ada-lind.jsonl. Not loaded: 2 sentences, as new or newer here."
    assert loaded(browser, tmp_path / "tasks.ada-lind.jsonl") == expected
    for signs, text in (("●◐●●", "a river?"), ("●◐○○", "a river?"), ("●◐○○", ""), ("●\u2013○○", "")):
        assert [sign for sign, *_ in listed(browser)] == list(signs)
        do(browser, "k k k")
        assert browser.find_element(By.ID, "note").get_attribute("value") == text
        do(browser, "z")


@in_a_browser
def test_keys_of_input_methods_and_other_layouts(browser, tmp_path):
    opened(browser, tmp_path, few())

    def press(key: str, code: str, modifiers: int = 0, number: int = 0):
        for kind in ("rawKeyDown", "keyUp"):
            event = {"key": key, "code": code, "modifiers": modifiers, "windowsVirtualKeyCode": number}
            browser.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": kind, **event})

    do(browser, "u")
    browser.execute_cdp_cmd("Input.imeSetComposition", {"text": "\u5ddd", "selectionStart": 1, "selectionEnd": 1})
    press("Enter", "Enter")
    browser.execute_cdp_cmd("Input.insertText", {"text": "\u5ddd"})
    press("Enter", "Enter", number=229)  # Safari ends the composition before it sends the key
    assert listed(browser)[0] == "○ 1", "the Enter that ends a composition decides nothing"
    do(browser, "Enter")
    assert listed(browser)[0] == "? 1"
    control, shift = 2, 8
    for key, code in (("\u0447", "KeyX"), ("\u00e9", "Digit2"), ("\u044b", "KeyS")):  # Russian, French, Russian
        press(key, code)
    press("\u0423", "KeyE", shift)
    browser.find_element(By.ID, "name").send_keys("Ada Lind")
    press("\u044b", "KeyS", control)
    WebDriverWait(browser, 10).until(lambda _: (tmp_path / "tasks.ada-lind.jsonl").exists())
    rows = [(row["status"], row["note"], row["spans"]) for row in saved(browser, tmp_path, "Bo")]
    assert rows == [("unsure", "\u5ddd", [[0, 1, "LOC"]]), ("skipped", "", [[0, 1, "ORG"]])]


@in_a_browser
def test_saved_file_is_loaded_and_another_refused(browser, tmp_path):
    opened(browser, tmp_path, few())
    do(browser, "3 Enter Enter")
    row, last = rows = saved(browser, tmp_path)
    path = tmp_path / "tasks.ada-lind.jsonl"
    browser.execute_script("localStorage.clear()")
    browser.refresh()

    def load(content: str):
        path.write_text(content, "utf-8")
        return loaded(browser, path)

    other = {"tasks": "0" * 64}
    wrong = [{"status": "maybe"}, {"spans": [[0, 9, "PER"]]}, {"spans": [[0, 1, ""]]}]
    for changed, expected in (
        ([row, last | other], "line 2 is of other tasks; expected a file that this page saved. Nothing was loaded."),
        ([row | {"sha256": ""}], "line 1 is of other tasks"),
        *(([row | each], "line 1: its spans or status do not fit the sentence") for each in wrong),
        ([row | {"at": None}], "line 1: its note, annotator or time is not a text"),
    ):
        assert f"{path.name}: {expected}" in load("\n".join(map(json.dumps, changed)))
    assert "line 1 is not JSON; expected a file that this page saved" in load("{")
    assert "it is empty" in load("")
    assert listed(browser) == ["○ 1", "○ 2", "○ 3", "○ 4"]
    assert load("\n".join(map(json.dumps, rows))) == "Loaded 2 sentences from tasks.ada-lind.jsonl."
    assert listed(browser) == ["● 1", "● 2", "○ 3", "○ 4"]
    do(browser, "Enter")
    assert [row["id"] for row in saved(browser, tmp_path, "Bo")] == ["s-0", "s-1", "s-2"]


@in_a_browser
def test_full_storage_is_told(browser, tmp_path):
    opened(browser, tmp_path, few())
    fill = "for (let n = 2 ** 22, k = 0; n >= 1; n /= 2) try { for (;;) localStorage[k++] = 'x'.repeat(n) } catch {}"
    browser.execute_script(fill)
    do(browser, "Enter")
    warning = browser.find_element(By.ID, "warning").text
    assert warning == "This browser keeps no drafts: its storage is full. Save often; the rest is lost with this tab."
    assert len(saved(browser, tmp_path)) == 1


@in_a_browser
def test_conflicting_versions_are_taken_with_a_key(browser, tmp_path):
    spans = [[(0, 1, "PER")], [(2, 3, "LOC")]]
    versions = [{"by": name, "spans": each} for name, each in zip(("Ada", "<b>Bo</b>"), spans, strict=True)]
    opened(browser, tmp_path, [task(str(number), ["Ada", "in", "Oslo"], [], versions=versions) for number in range(2)])
    shown = [each.text.split("\n")[0] for each in browser.find_elements(By.CSS_SELECTOR, ".version")]
    assert shown == ["Take Ada a", "Take <b>Bo</b> b"]
    do(browser, "b Enter a Enter")
    assert [row["spans"] for row in saved(browser, tmp_path)] == [[[2, 3, "LOC"]], [[0, 1, "PER"]]]


@in_a_browser
def test_ten_thousand_sentences_and_a_narrow_window(browser, tmp_path):
    opened(browser, tmp_path, few(10_000))
    assert not scrolls_sideways(browser, 400)
    browser.execute_script("document.getElementById('scroll').scrollTop = 1e9")
    WebDriverWait(browser, 10).until(lambda browser: listed(browser)[-1] == "○ 10000")
    assert len(listed(browser)) < 50
