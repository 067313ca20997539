"""The annotation page: what is written is a page, and what people do in a browser is what it saves."""

import contextlib
import hashlib
import json
import re
from pathlib import Path

import pytest
from helpers.annotated import embedded, kinds
from helpers.browser import chromium, in_a_browser, requests, scrolls_sideways, without_errors
from helpers.formats import section
from helpers.messages import message_of, refused
from helpers.project import json_of
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from tagline.labels.entities import Entity, entities
from tagline.sources.formats.page_layout import SAVED, task
from tagline.text.words import join_words, split_words
from tagline.tools.answers import outputs, page_writer
from tagline.tools.answers.task import AnnotationTask, in_text

FOLDER = Path(__file__).parent
TYPES = ["LOC", "ORG", "PER"]  # with the keys 1, 2 and 3
SCRIPT = "</script><script>document.title='taken'</script><!--"
HOSTILE = [SCRIPT, "a\u2028b\u202e", "\0\x1b", "x" * 1_000_000, "<img src=x onerror=document.title='taken'>", "&lt;"]


def test_page_contains_tasks_and_their_hash(tmp_path):
    path = tmp_path / "tasks.html"
    text, words = "Ada \U0001f44b in\r\nOslo", [(0, 3), (4, 5), (6, 8), (10, 14)]
    suggested = [in_text(Entity("LOC", 3, 4), words, 0.87654), in_text(Entity("PER", 0, 1), words)]
    gold = AnnotationTask.of_words(["New York", SCRIPT], [], [Entity("LOC", 0, 1)], {"id": "7"})
    given = [AnnotationTask(text, words, suggested, fields={"id": 7}), gold]
    outputs.save(path, page_writer.Page(TYPES, "Mark <names>."), given)
    written = embedded(path)
    assert json.loads(written) == json_of(FOLDER / "tasks.json")
    html = path.read_text("utf-8")
    assert f'<data id="hash" value="{hashlib.sha256(written.encode()).hexdigest()}">' in html
    assert html.count("<script>") == 1 and "default-src 'none'" in html
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest| src=", html.replace(written, ""))


def test_word_of_white_space_is_an_error(tmp_path):
    tasks = [task("a", ["Ada"], []), task("b", ["Ada", " "], [])]
    found = message_of(outputs.save, tmp_path / "tasks.html", page_writer.Page(TYPES), tasks)
    assert found.startswith("text 'b': a word of white space only in ['Ada', ' ']; expected words")
    assert not [*tmp_path.iterdir()]


ONE_FILE = "the annotation page is one file; expected a name that ends in .html"


def checked(folder, output, guideline=None):
    with contextlib.chdir(folder):
        for name, content in {"nul.txt": b"\0", "guide.html": b"\xef\xbb\xbfMark names."}.items():
            Path(name).write_bytes(content)
        assert page_writer.check("--output", Path("a.HTML"), Path("guide.html")) == "Mark names."
        page_writer.check("--output", Path(output), guideline and Path(guideline))


test_output_that_cannot_be_a_page_is_an_error = refused(
    checked,
    ("a.html", "none.txt", "none.txt: can't be read (No such file or directory); expected text in UTF-8"),
    ("a.html", "nul.txt", "nul.txt: can't be read (NUL byte); expected text in UTF-8"),
    ("guide.html", "guide.html", "--output guide.html: the same file as --guideline; expected another one"),
    ("none/a.html", "--output none/a.html: none is not a folder; expected an existing one"),
    *((name, f"--output {Path(name)}: {ONE_FILE}") for name in ("", "..", "nul.txt")),
)


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


def opened(browser, folder, tasks, guideline=None):
    outputs.save(folder / "tasks.html", page_writer.Page(TYPES, guideline), tasks)
    browser.get((folder / "tasks.html").as_uri())


def do(browser, steps):
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


def message(browser):
    return browser.find_element(By.ID, "message").text


def saved(browser, folder, name="Ada Lind"):
    """Type a name, save, and read the rows."""
    field = browser.find_element(By.ID, "name")
    field.clear()
    field.send_keys(name, Keys.CONTROL, "s")
    path = folder / f"tasks.{name.lower().replace(' ', '-')}.jsonl"
    WebDriverWait(browser, 10).until(lambda _: path.exists())
    assert path.name in message(browser)
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def loaded(browser, path):
    """Load a saved file, and read the message."""
    browser.execute_script("document.getElementById('message').value = ''")
    browser.find_element(By.ID, "file").send_keys(str(path))
    return WebDriverWait(browser, 10).until(message)


WORDS = ["Ada", "Lind", "of", "New York", "Bank"]
# The words (0, 2), (3, 6), (7, 10), (11, 13), (15, 19), (20, 22), (23, 28), and (0, 4), (5, 9), (10, 13) to the left.
EMOJI = "\U0001f44b\U0001f3fd Ada \U0001f469\u200d\U0001f467 in\r\nOslo e\u0301 cafe\u0301"
HEBREW = "\u05e9\u05dc\u05d5\u05dd \u05dc\u05de\u05e8\u05d9 \u05db\u05d4\u05df"
# The content of each sentence, its entities, and those of a model.
SENTENCES = [
    (WORDS, [("PER", 0, 2)], [("ORG", 0, 1), ("ORG", 3, 5)]),
    (EMOJI, [("PER", 1, 2)], [("LOC", 4, 5)]),
    (HEBREW, [("PER", 0, 1), ("LOC", 2, 3)], None),
    (HOSTILE, [("ORG", 4, 5)], None),
    (WORDS, [], []),
]
STATE = (
    "return `${index}; ${spans.map(s => s.join(' ')).join(', ')}; ${anchor}-${cursor} ${tasks.map(stateOf).join(' ')}`"
)


def to_annotate(number, sentence):
    content, *sides = sentence
    is_text = isinstance(content, str)
    text, words = (content, split_words(content)) if is_text else join_words(content)
    gold, suggested = (
        [in_text(Entity(*each), words, 0.5) for each in side] if side is not None else None for side in sides
    )
    fields = {"id": f"s-{number}", **({"selection": "random"} if number else {})}
    return AnnotationTask(text, words, suggested, gold, fields, joined=not is_text)


@in_a_browser
def test_random_walk_holds_and_saves_what_a_list_would(browser, tmp_path):
    """The steps and what the page then holds are stored; they are those of a list of spans, whose steps were random."""
    opened(browser, tmp_path, [to_annotate(*each) for each in enumerate(SENTENCES)])
    written = embedded(tmp_path / "tasks.html")
    answers = {}
    for line in (FOLDER / "walk.txt").read_text("utf-8").splitlines():
        step, state = line.split(" = ")
        do(browser, step)
        assert browser.execute_script(STATE) == state, f"after {step}"
        sentence, answers[sentence], _ = state.split("; ")
    assert message(browser) == "All sentences are decided: save them."
    of_all = {
        "status": "done",
        "note": "",
        "annotator": "Ada Lind",
        "tasks": hashlib.sha256(written.encode()).hexdigest(),
    }
    for row, given in zip(saved(browser, tmp_path), json.loads(written)["tasks"], strict=True):
        content = "text" if "text" in given else "words"
        kept = ["id", content, "sha256", *(["selection"] if "selection" in given else [])]
        assert list(row) == [SAVED[0], content, *SAVED[1:], *kept[3:]]
        assert row.items() >= {**{key: given[key] for key in kept}, **of_all}.items()
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["at"])
    for sentence, expected in zip(
        section("page").read(tmp_path / "tasks.ada-lind.jsonl"), answers.values(), strict=True
    ):
        assert ", ".join(f"{start} {end} {type_}" for type_, start, end in entities(sentence.tags["ner"])) == expected
        assert not kinds(sentence)
    assert browser.title == "Annotate", "a script of the texts was run"


def few(number=4):
    return [task(f"s-{n}", ["Ada", "in", "Oslo", str(n)], [(0, 1, TYPES[n % 3])]) for n in range(number)]


def listed(browser):
    """The sign and the number of each row of the list, at one moment: rows are made anew at each change."""
    rows = "[...document.querySelectorAll('#rows li')]"
    found = browser.execute_script(f"return {rows}.map(row => [...row.childNodes].map(e => e.textContent))")
    return [f"{sign} {number}" for sign, number, _ in found]


@in_a_browser
def test_states_filters_and_guideline(browser, tmp_path):
    opened(browser, tmp_path, few(), "Mark <b>names</b>.")
    do(browser, "Enter s x j u")
    browser.switch_to.active_element.send_keys("a river?", Keys.ENTER)
    all_four = ["● 1", "\u2013 2", "◐ 3", "? 4"]
    assert listed(browser) == all_four
    do(browser, "g")
    browser.find_element(By.ID, "save").send_keys("x")
    assert len(browser.find_elements(By.CSS_SELECTOR, "#sentence .note")) == 1, "a letter on Save deletes nothing"
    shown = [browser.find_element(By.CSS_SELECTOR, name).text for name in ("#decided", "#unsaved", "#guideline p")]
    assert shown == ["3 of 4 decided", "3 sentences not saved", "Mark <b>names</b>."]
    states = [(row["status"], row["note"]) for row in saved(browser, tmp_path)]
    assert states == [("done", ""), ("skipped", ""), ("unsure", "a river?")]
    assert "Not in it: 1 sentence changed, but not decided." in message(browser)
    assert browser.find_element(By.ID, "unsaved").text == ""
    for field, value, expected in (
        ("state", "open", ["◐ 3"]),
        ("state", "all", all_four),
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
    opened(browser, tmp_path, [task(f"s-{n}", [city], []) for n, city in enumerate(("Oslo", "Rome", "Bern", "Romeo"))])
    for sought, expected in (("rome", "24"), ("3", "3"), ("s-0", "1"), ("x", ""), ("", "1234")):
        do(browser, "/")
        field = browser.switch_to.active_element
        field.clear()
        field.send_keys(sought)
        assert listed(browser) == [f"○ {number}" for number in expected]
        do(browser, "Enter" if expected else "Escape")
        if expected:
            assert browser.find_element(By.ID, "where").text.split()[1] == expected[0]


@in_a_browser
def test_names_of_words_say_type_suspicion_and_model(browser, tmp_path):
    given = task("s", ["Ada", "in", "Oslo"], [(0, 1, "PER")], suggested=[(0, 1, "ORG", 0.5), (2, 3, "LOC", 0.9)])
    opened(browser, tmp_path, [given | {"suspect": [(0, 1, "PER")]}])
    names = [word.get_attribute("aria-label") for word in browser.find_elements(By.CSS_SELECTOR, ".word")]
    assert names == ["Ada, PER, probably an error, model ORG", "in", "Oslo, model LOC"]


@in_a_browser
def test_page_begins_with_sentences_to_check(browser, tmp_path):
    marks = [[True], [True, False], [False], []]
    suggested = [[(2 * n, 2 * n + 1, "PER", 0.9, accepted) for n, accepted in enumerate(each)] for each in marks]
    opened(browser, tmp_path, [each | {"suggested": found} for each, found in zip(few(), suggested, strict=True)])
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
    kept = ["● 1", "◐ 2", "○ 3", "○ 4"]
    assert listed(browser) == kept
    browser.execute_script("localStorage[`tagline:${hash}:s-2`] = '{'")
    browser.refresh()
    assert listed(browser) == kept, "a damaged draft hides no other one"
    do(browser, "Enter")
    assert [row["spans"] for row in saved(browser, tmp_path)] == [[[0, 1, "ORG"]], [[0, 1, "ORG"], [1, 3, "PER"]]]


@in_a_browser
def test_two_tabs_share_their_answers(browser, tmp_path):
    def shows(*expected):
        WebDriverWait(browser, 10).until(lambda _: [sign for sign, *_ in listed(browser)] == [*expected])

    opened(browser, tmp_path, few())
    first = browser.current_window_handle
    do(browser, "x")
    browser.switch_to.new_window("tab")
    second = browser.current_window_handle
    browser.get((tmp_path / "tasks.html").as_uri())
    do(browser, "1 Enter Enter")
    browser.switch_to.window(first)
    shows(*"●●○○")
    do(browser, "z")
    assert message(browser) == "There is nothing to undo.", "Undo would delete what the other tab decided"
    do(browser, "Arrow_Right Arrow_Right 2 j j s")
    browser.switch_to.window(second)
    shows(*"●●\u2013○")
    spans = [row["spans"] for row in saved(browser, tmp_path)]
    assert spans == [[[0, 1, "LOC"], [2, 3, "ORG"]], [[0, 1, "ORG"]], [[0, 1, "PER"]]]
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

    def press(key, code, **more):
        for kind in ("rawKeyDown", "keyUp"):
            browser.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": kind, "key": key, "code": code, **more})

    do(browser, "u")
    browser.execute_cdp_cmd("Input.imeSetComposition", {"text": "\u5ddd", "selectionStart": 1, "selectionEnd": 1})
    press("Enter", "Enter")
    browser.execute_cdp_cmd("Input.insertText", {"text": "\u5ddd"})
    press("Enter", "Enter", windowsVirtualKeyCode=229)  # Safari ends the composition before it sends the key
    assert listed(browser)[0] == "○ 1", "the Enter that ends a composition decides nothing"
    do(browser, "Enter")
    assert listed(browser)[0] == "? 1"
    for key, code in (("\u0447", "KeyX"), ("\u00e9", "Digit2"), ("\u044b", "KeyS")):  # Russian, French, Russian
        press(key, code)
    press("\u0423", "KeyE", modifiers=8)  # Shift
    browser.find_element(By.ID, "name").send_keys("Ada Lind")
    press("\u044b", "KeyS", modifiers=2)  # Control
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

    def load(*changed):
        path.write_text("\n".join(map(json.dumps, changed)), "utf-8")
        return loaded(browser, path)

    other = "line 2 is of other tasks; expected a file that this page saved. Nothing was loaded."
    assert f"{path.name}: {other}" in load(row, last | {"tasks": "0" * 64})
    for change, expected in (
        ({"sha256": ""}, " is of other tasks"),
        ({"status": "maybe"}, ": its spans or status do not fit the sentence"),
        ({"spans": [[0, 9, "PER"]]}, ": its spans or status do not fit the sentence"),
        ({"spans": [[0, 1, ""]]}, ": its spans or status do not fit the sentence"),
        ({"at": None}, ": its note, annotator or time is not a text"),
    ):
        assert f"line 1{expected}" in load(row | change)
    assert "it is empty" in load()
    path.write_text("{")
    assert "line 1 is not JSON; expected a file that this page saved" in loaded(browser, path)
    assert listed(browser) == ["○ 1", "○ 2", "○ 3", "○ 4"]
    assert load(*rows) == "Loaded 2 sentences from tasks.ada-lind.jsonl."
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
def test_ten_thousand_sentences_and_a_narrow_window(browser, tmp_path):
    opened(browser, tmp_path, few(10_000))
    assert not scrolls_sideways(browser, 400)
    browser.execute_script("document.getElementById('scroll').scrollTop = 1e9")
    WebDriverWait(browser, 10).until(lambda browser: listed(browser)[-1] == "○ 10000")
    assert len(listed(browser)) < 50
