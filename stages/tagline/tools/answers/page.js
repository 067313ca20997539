// The annotation page. sources/formats/page_layout.py describes the tasks in it and the rows that it saves.
// The spans of tasks and answers are those of that layout; the spans of the sentence on the screen count its words.
// An answer is {spans, status, note, annotator, at, saved}; without a status it is a draft. `at` is when it last changed,
// `saved` whether a file has it.

const byId = (id) => document.getElementById(id);
const { types, grounds, guideline, tasks } = JSON.parse(byId("tasks").textContent);
const byTaskId = new Map(tasks.map((each) => [each.id, each]));
const hash = byId("hash").value;
const sentence = byId("sentence");
const STATUSES = ["done", "unsure", "skipped"];
const SIGNS = { open: "○", draft: "◐", done: "●", unsure: "?", skipped: "–" };
const ROW = 36; // height of a row of the list in pixels, as in the style

// Keys of types: 1 to 9, then 0 and the letters that are no command.
const TYPE_KEYS = [..."1234567890qwrtyiopfhlvnm"];

const say = (text, isError = false) => {
  byId("message").value = text;
  byId("message").classList.toggle("error", isError);
};
const counted = (number, noun = "sentence") => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

// ---------------------------------------------------------------- spans: [start, end, type]

const overlap = (one, other) => one[0] < other[1] && other[0] < one[1];
const has = (spans, [start, end, type]) => spans.some((each) => each[0] === start && each[1] === end && each[2] === type);
const isText = (task) => "text" in task;

// Spans of a task in words. An offset within a word becomes the border of that word.
const inWords = (task, spans) => {
  if (!isText(task)) return spans;
  return spans.map(([start, end, ...rest]) => {
    const after = task.words.findIndex((word) => word[0] >= end);
    return [task.words.findIndex((word) => word[1] > start), after < 0 ? task.words.length : after, ...rest];
  });
};

const inLayout = (task, spans) =>
  isText(task) ? spans.map(([start, end, type]) => [task.words[start][0], task.words[end - 1][1], type]) : spans;

// Whether an answer from a file or from the browser's storage can be one to the task.
const fits = (task, answer) => {
  if (!Array.isArray(answer?.spans) || !["", ...STATUSES].includes(answer.status)) return false;
  const bounds = isText(task) ? task.words : task.words.map((_, index) => [index, index + 1]);
  const [starts, ends] = [0, 1].map((side) => new Set(bounds.map((word) => word[side])));
  let last = 0;
  return answer.spans.every((span) => {
    const [start, end, type] = Array.isArray(span) && span.length === 3 ? span : [];
    const isRight = last <= start && start < end && starts.has(start) && ends.has(end) && types.includes(type);
    last = end;
    return isRight;
  });
};

// ---------------------------------------------------------------- answers, and their drafts in the browser's storage

const PREFIX = `tagline:${hash}:`;
const answers = new Map(); // by the id of the task
let changes = []; // {index, before: Map of tasks to their answers before, isTyped}, the latest last
let keepsDrafts = true;

const answerTo = (task) => answers.get(task.id) ?? { spans: task.spans, status: "", note: "", annotator: "", at: "" };
const stateOf = (task) => (answers.has(task.id) ? answers.get(task.id).status || "draft" : "open");
const isDecided = (task) => Boolean(answers.get(task.id)?.status);
const unsaved = () => tasks.filter((each) => isDecided(each) && !answers.get(each.id).saved).length;
const firstOpen = () => Math.max(0, tasks.findIndex((each) => !isDecided(each)));

const withStorage = (use) => {
  try {
    use(localStorage);
  } catch (error) {
    keepsDrafts = false;
    const reason = error.name === "QuotaExceededError" ? "its storage is full" : "its storage is disabled";
    byId("warning").textContent = `This browser keeps no drafts: ${reason}. Save often; the rest is lost with this tab.`;
  }
};

const setAnswer = (task, answer) => {
  if (answer) answers.set(task.id, answer);
  else answers.delete(task.id);
  withStorage((storage) => {
    if (answer) storage.setItem(PREFIX + task.id, JSON.stringify(answer));
    else storage.removeItem(PREFIX + task.id);
  });
};

// The value of JSON; undefined if it is none.
const parsed = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const readDrafts = (storage) => {
  byId("name").value = storage.getItem("tagline:annotator") ?? "";
  for (const each of tasks) {
    const answer = parsed(storage.getItem(PREFIX + each.id));
    if (fits(each, answer)) answers.set(each.id, answer);
  }
};

// Another tab of this page stores what it changes: take it over, and leave it to the Undo of that tab.
let redrawing;
window.addEventListener("storage", ({ key, newValue }) => {
  const of = key?.startsWith(PREFIX) ? byTaskId.get(key.slice(PREFIX.length)) : undefined;
  if (!of) return;
  const answer = parsed(newValue);
  if (fits(of, answer)) answers.set(of.id, answer);
  else answers.delete(of.id);
  changes = changes.filter(({ before }) => !before.delete(of) || before.size);
  if (of === task) open(index);
  clearTimeout(redrawing); // once, if a file is loaded there
  redrawing = setTimeout(draw);
});

// ---------------------------------------------------------------- the sentence on the screen

let shown = []; // the indices of the tasks that the filter lets through
let index = 0; // of the task
let task, words, gaps; // its words, and the texts before, between and after them
let spans, suggested, suspect; // in words
let elements = []; // of the words
let cursor = 0; // index of a word
let anchor = 0; // where the selection began; the cursor, if no words are selected

const open = (number) => {
  index = number;
  task = tasks[index];
  if (isText(task)) {
    const characters = Array.from(task.text); // offsets count code points, the indices of a string UTF-16 units
    const slice = (start, end) => characters.slice(start, end).join("");
    const borders = [0, ...task.words.flat(), characters.length];
    words = task.words.map(([start, end]) => slice(start, end));
    gaps = Array.from({ length: words.length + 1 }, (_, each) => slice(borders[2 * each], borders[2 * each + 1]));
  } else {
    words = task.words;
    gaps = Array.from({ length: words.length + 1 }, (_, each) => (each && each < words.length ? " " : ""));
  }
  spans = inWords(task, answerTo(task).spans);
  suggested = task.suggested && inWords(task, task.suggested);
  suspect = inWords(task, task.suspect ?? []);
  cursor = anchor = starts((span) => has(suspect, span) || differs(span))[0] ?? starts()[0] ?? 0;
};

const differs = (span) => Boolean(suggested) && !(has(spans, span) && has(suggested, span));
const entityAt = (word) => spans.find(([start, end]) => start <= word && word < end);

// The first words of the entities of annotation and model, ascending.
const starts = (condition = () => true) => {
  const found = [...spans, ...(suggested ?? [])].filter(condition).map((span) => span[0]);
  return [...new Set(found)].sort((one, other) => one - other);
};

// What a key changes: the selected words, the entity at the cursor, or the word there.
const target = () => {
  if (cursor !== anchor) return [Math.min(cursor, anchor), Math.max(cursor, anchor) + 1];
  return entityAt(cursor) ?? [cursor, cursor + 1];
};

// ---------------------------------------------------------------- drawing

const escaped = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
const LINE_ENDS = /[\x85\u2028\u2029]/g; // for programs that read lines, beside the line feed that JSON escapes

// As in the reports, control characters and those that change the direction of text are visible, long words shortened.
const HIDDEN = /[\0-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/g;
const visible = (text) => {
  const short = text.length > 200 ? `${[...text.slice(0, 200)].slice(0, 100).join("")}…` : text;
  return short.replace(HIDDEN, escaped);
};

const ground = (type) => `ground-${grounds[types.indexOf(type)]}`;

// The units of `marked` are words and the gaps between them: word 0, gap 1, word 1, gap 2, ...
const marks = (entities, side, label) =>
  entities.map((span) => {
    return { start: 2 * span[0], end: 2 * span[1] - 1, classes: side, labelClasses: `${side}-label ${ground(span[2])}`, label: label(span) };
  });

const textNodes = (wordNode, entities) => {
  const unit = (number) => (number % 2 ? visible(gaps[(number + 1) / 2]) : wordNode(number / 2));
  const slice = (start, end) => Array.from({ length: end - start }, (_, each) => unit(start + each));
  return [visible(gaps[0]), ...marked(slice, Math.max(0, 2 * words.length - 1), entities), visible(gaps.at(-1))];
};

const typeAndScore = ([start, end, type]) => {
  const score = suggested?.find((each) => has([each], [start, end, type]))?.[3];
  return typeof score === "number" ? `${type} ${score.toFixed(2)}` : type;
};

// What a screen reader says of a word, which the marks and labels show.
const nameOf = (word) => {
  const at = ([start, end]) => start <= word && word < end;
  const own = spans.find(at);
  const names = [visible(words[word])];
  if (own) names.push(own[2]);
  if (own && has(suspect, own)) names.push("probably an error");
  const model = suggested?.find(at);
  if (model && differs(model)) names.push(`model ${model[2]}`);
  if (own && suggested && !model) names.push("model nothing");
  return names.join(", ");
};

const drawSentence = () => {
  elements = words.map((word, number) => {
    const made = element("span", "word", visible(word));
    Object.assign(made, { id: `word-${number}`, role: "option", ariaSelected: "false", ariaLabel: nameOf(number) });
    made.dataset.word = number;
    return made;
  });
  const annotated = marks(spans, "gold", (span) => (has(suspect, span) ? `${span[2]} probably an error` : typeAndScore(span)));
  const others = marks((suggested ?? []).filter(differs), "predicted", (span) => `model ${typeAndScore(span)}`);
  sentence.replaceChildren(...textNodes((number) => elements[number], [...annotated, ...others]));
  for (const each of sentence.querySelectorAll(".note")) each.ariaHidden = "true"; // the names of the words have it
  for (const each of sentence.querySelectorAll(".gold-label")) each.append(element("span", "remove", "×"));
  drawSelection();
};

const drawSelection = () => {
  const [start, end] = target();
  for (const each of sentence.querySelectorAll("[aria-selected=true]")) each.ariaSelected = "false";
  for (const each of elements.slice(start, end)) each.ariaSelected = "true";
  sentence.querySelector(".cursor")?.classList.remove("cursor");
  elements[cursor]?.classList.add("cursor");
  elements[cursor]?.scrollIntoView({ block: "nearest" });
  sentence.setAttribute("aria-activedescendant", elements.length ? `word-${cursor}` : "");
  const entity = cursor === anchor ? entityAt(cursor) : undefined;
  for (const each of document.querySelectorAll("[data-key*=Arrow]")) each.disabled = !entity;
  document.querySelector("[data-key=x]").disabled = !spans.some((span) => overlap(span, [start, end]));
  for (const each of byId("types").children) each.ariaPressed = String(each.value === entity?.[2]);
};

const drawTask = () => {
  const { note, annotator } = answerTo(task);
  const facts = [visible(task.id), `${(index + 1).toLocaleString("en")} of ${tasks.length.toLocaleString("en")}`, stateOf(task), ...(annotator ? [`by ${annotator}`] : [])];
  byId("where").replaceChildren(...facts.map((fact, number) => element(number ? "span" : "b", "", fact)));
  byId("note").value = note;
  byId("accept").hidden = byId("of-model").hidden = !suggested;
  drawSentence();
};

// Only the rows in view are elements, so that the length of the list does not matter.
const drawList = () => {
  const { scrollTop, clientHeight } = byId("scroll");
  const first = Math.floor(scrollTop / ROW);
  const rows = shown.slice(first, first + Math.ceil(clientHeight / ROW) + 1).map((number, each) => {
    const { text, words: start } = tasks[number];
    const state = stateOf(tasks[number]);
    const sign = Object.assign(element("span", "", SIGNS[state]), { ariaLabel: state, role: "img" });
    const beginning = element("bdi", "beginning", visible((text ?? start.slice(0, 20).join(" ")).slice(0, 80)));
    const row = element("li", "", sign, String(number + 1), beginning);
    row.ariaCurrent = String(number === index);
    row.addEventListener("click", () => {
      say("");
      show(number);
    });
    row.style.top = `${(first + each) * ROW}px`;
    return row;
  });
  byId("rows").style.height = `${shown.length * ROW}px`;
  byId("rows").replaceChildren(...rows);
};

// Whether the model suggests an entity that its promise of a precision does not accept.
const isToCheck = ({ suggested: found }) => Boolean(found?.some((span) => span[4] === false));

const filter = () => {
  const { state, type, find } = Object.fromEntries(new FormData(byId("filter")));
  const sought = find.trim().toLowerCase();
  const isFound = (each, number) => {
    const content = isText(each) ? each.text : each.words.join(" ");
    return sought === String(number + 1) || sought === each.id.toLowerCase() || content.toLowerCase().includes(sought);
  };
  const matches = (each, number) => {
    if (sought && !isFound(each, number)) return false;
    const { spans: own, status } = answerTo(each);
    const isOfType = !type || [...own, ...(each.suggested ?? [])].some((span) => span[2] === type);
    return isOfType && (!state || (state === "to check" ? isToCheck(each) : (status || "open") === state));
  };
  shown = [...tasks.keys()].filter((number) => matches(tasks[number], number));
};

const draw = () => {
  filter();
  drawTask();
  drawList();
  const number = tasks.filter(isDecided).length;
  Object.assign(byId("progress"), { max: tasks.length, value: number });
  byId("decided").textContent = `${number.toLocaleString("en")} of ${tasks.length.toLocaleString("en")} decided`;
  drawSave();
};

const drawSave = () => {
  const number = unsaved();
  byId("save").classList.toggle("main", number > 0);
  byId("unsaved").textContent = number ? `${counted(number)} not saved` : "";
};

const scrollTo = (row) => {
  const scroll = byId("scroll");
  const top = Math.max(0, row) * ROW;
  if (top < scroll.scrollTop) scroll.scrollTop = top;
  else if (top + ROW > scroll.scrollTop + scroll.clientHeight) scroll.scrollTop = top + ROW - scroll.clientHeight;
  drawList();
};

const show = (number) => {
  open(number);
  draw();
  scrollTo(shown.indexOf(index));
  sentence.focus({ preventScroll: true });
};

// ---------------------------------------------------------------- what keys and buttons do

const stamp = () => ({
  annotator: byId("name").value.trim(),
  at: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
});

// Change the answer to the sentence; typing a note is one step of Undo.
const change = (values, isTyped = false) => {
  const latest = changes.at(-1);
  if (!(isTyped && latest?.isTyped && latest.index === index)) {
    changes.push({ index, before: new Map([[task, answers.get(task.id)]]), isTyped });
  }
  setAnswer(task, { ...answerTo(task), ...values, ...stamp(), saved: false });
  drawSave();
};

// Give the sentence other spans. A decided one stays decided, unless it was skipped.
const edit = (changed, position = cursor) => {
  spans = changed.map((span) => span.slice(0, 3)).sort((one, other) => one[0] - other[0]);
  const { status } = answerTo(task);
  change({ spans: inLayout(task, spans), status: status === "skipped" ? "" : status });
  cursor = anchor = position;
  draw();
  const entity = entityAt(cursor);
  say(entity ? `${entity[2]}: ${visible(words.slice(entity[0], entity[1]).join(" "))}` : "No entity here.");
};

const without = (...regions) => spans.filter((span) => !regions.some((region) => overlap(span, region)));

let lastType;
const mark = (type) => {
  if (!words.length) return;
  lastType = type;
  const [start, end] = target();
  edit([...without([start, end]), [start, end, type]], start);
};

const remove = () => {
  const kept = without(target());
  if (kept.length < spans.length) edit(kept);
};

// Move a border of the entity at the cursor by one word; a neighbour that it reaches becomes part of it.
const move = (side, step) => {
  const entity = entityAt(cursor);
  const moved = [...entity];
  moved[side] += step;
  if (moved[0] < 0 || moved[1] > words.length || moved[0] >= moved[1]) return;
  const neighbour = spans.find((span) => span !== entity && overlap(span, moved));
  if (neighbour) moved[side] = neighbour[side];
  edit([...without(entity, moved), moved], Math.min(Math.max(cursor, moved[0]), moved[1] - 1));
};

// Mark as the model does: its entities at the target replace those of the annotation.
const acceptModel = () => {
  if (!suggested) return say("No model has labelled this sentence.");
  const region = target();
  const found = suggested.filter((span) => overlap(span, region));
  edit([...without(region, ...found), ...found], found[0]?.[0]);
};

const markAgain = () => (lastType === undefined ? say("No entity is marked yet: choose a type first.") : mark(lastType));

const decide = (status) => {
  change({ status, note: byId("note").value });
  step(1, tasks.every(isDecided) ? "All sentences are decided: save them." : undefined);
};

const undo = () => {
  if (!changes.length) return say("There is nothing to undo.");
  const latest = changes.pop();
  for (const [of, answer] of latest.before) setAnswer(of, answer);
  show(latest.index);
  say("Undone.");
};

// Go to the next sentence that the filter lets through, or back (-1).
const step = (direction, otherwise = "There is no further sentence.") => {
  filter();
  const next = direction > 0 ? shown.find((each) => each > index) : shown.findLast((each) => each < index);
  say(next === undefined ? otherwise : "");
  show(next ?? index);
};

const select = (word, from) => {
  cursor = Math.max(0, Math.min(word, words.length - 1));
  anchor = from ?? cursor;
  drawSelection();
};

const isCapitalised = (word) => /^[\p{Lu}\p{Lt}]/u.test(words[word] ?? "");

// The first words of runs of capitalised words; where there are none, as in other scripts, every fifth word.
const candidates = () => {
  const found = [...words.keys()].filter((word) => isCapitalised(word) && !isCapitalised(word - 1));
  return found.length ? found : [...words.keys()].filter((word) => word % 5 === 0);
};

// Go to the next of some words after what is selected, or the previous one (-1), around the ends.
const jump = (direction, found) => {
  const first = Math.min(cursor, anchor);
  const next = direction > 0 ? found.find((each) => each > cursor) : found.findLast((each) => each < first);
  if (found.length) select(next ?? found.at(direction > 0 ? 0 : -1));
};

// Select the next run of capitalised words, or the previous one (-1).
const jumpToRun = (direction) => {
  jump(direction, candidates());
  let last = cursor;
  while (isCapitalised(last + 1)) last += 1;
  select(last, cursor);
};

// ---------------------------------------------------------------- saving and loading

const save = () => {
  const name = byId("name").value.trim();
  const rows = tasks.filter(isDecided).map((each) => {
    const { spans: own, status, note, annotator, at } = answerTo(each);
    const content = isText(each) ? { text: each.text } : { words: each.words };
    const by = annotator || name;
    const { id, sha256, selection } = each; // JSON leaves out what is undefined
    return { id, ...content, sha256, spans: own, status, note, annotator: by, at, tasks: hash, types, selection };
  });
  if (!rows.length) return say("Nothing is decided yet; Enter decides a sentence.", true);
  if (!name) {
    byId("name").focus();
    return say("Enter your name, which is saved with each sentence, and save again.", true);
  }
  const page = decodeURIComponent(location.pathname).split("/").at(-1).replace(/\.html$/i, "");
  const file = `${page}.${name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-")}.jsonl`;
  const lines = rows.map((row) => JSON.stringify(row).replace(LINE_ENDS, escaped) + "\n");
  const href = URL.createObjectURL(new Blob(lines));
  Object.assign(element("a", ""), { href, download: file }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
  for (const each of tasks.filter(isDecided)) setAnswer(each, { ...answers.get(each.id), saved: true });
  drawSave();
  const drafts = answers.size - rows.length;
  say(`Saved ${counted(rows.length)} to ${file}.${drafts ? ` Not in it: ${counted(drafts)} changed, but not decided.` : ""}`);
};

// Read a saved file as pairs of a task and its answer; an Error says what is wrong with it.
const readSaved = (content) => {
  const lines = content.split("\n").filter(Boolean);
  if (!lines.length) throw new Error("it is empty; expected a file that this page saved");
  return lines.map((line, number) => {
    const row = parsed(line);
    if (row === undefined) throw new Error(`line ${number + 1} is not JSON; expected a file that this page saved`);
    const of = byTaskId.get(row?.id);
    if (row?.tasks !== hash || row.sha256 !== of?.sha256) {
      throw new Error(`line ${number + 1} is of other tasks; expected a file that this page saved`);
    }
    if (!row.status || !fits(of, row)) throw new Error(`line ${number + 1}: its spans or status do not fit the sentence`);
    const { spans: own, status, note, annotator, at } = row;
    if (![note, annotator, at].every((each) => typeof each === "string")) {
      throw new Error(`line ${number + 1}: its note, annotator or time is not a text`);
    }
    return [of, { spans: own, status, note, annotator, at, saved: true }];
  });
};

const load = async (file) => {
  try {
    const rows = readSaved(await file.text());
    const newer = rows.filter(([of, { at }]) => !(answers.get(of.id)?.at >= at)); // times are whole seconds
    if (newer.length) changes.push({ index, before: new Map(newer.map(([of]) => [of, answers.get(of.id)])) });
    for (const [of, answer] of newer) setAnswer(of, answer);
    show(firstOpen());
    const kept = rows.length - newer.length;
    const left = kept ? ` Not loaded: ${counted(kept)}, as new or newer here.` : "";
    say(`Loaded ${counted(newer.length)} from ${file.name}.${left}`);
  } catch (error) {
    say(`${file.name}: ${error.message}. Nothing was loaded.`, true);
  }
};

// ---------------------------------------------------------------- keys, pointer, buttons

const COMMANDS = {
  Enter: () => decide("done"),
  "Ctrl+Enter": () => decide("done"),
  "?": () => byId("keys").toggleAttribute("open"),
  s: () => decide("skipped"),
  u: () => byId("note").focus(),
  j: () => step(1),
  k: () => step(-1),
  e: () => jump(1, starts()),
  "Shift+e": () => jump(-1, starts()),
  c: () => jumpToRun(1),
  "Shift+c": () => jumpToRun(-1),
  Home: () => select(0),
  End: () => select(words.length - 1),
  " ": markAgain,
  "/": () => byId("find").focus(),
  x: remove,
  Delete: remove,
  Backspace: remove,
  a: acceptModel,
  z: undo,
  "Ctrl+z": undo,
  "Ctrl+s": save,
  g: () => byId("guideline").toggleAttribute("open"),
  Escape: () => select(cursor),
};
for (const key of ["ArrowLeft", "ArrowRight"]) {
  // In a text from right to left, the left arrow goes on.
  const onwards = () => (key === (getComputedStyle(sentence).direction === "rtl" ? "ArrowLeft" : "ArrowRight") ? 1 : -1);
  const isInEntity = () => cursor === anchor && Boolean(entityAt(cursor));
  COMMANDS[key] = () => select(cursor + onwards());
  COMMANDS[`Shift+${key}`] = () => (isInEntity() ? move(1, onwards()) : select(cursor + onwards(), anchor));
  COMMANDS[`Alt+${key}`] = COMMANDS[`Ctrl+${key}`] = () => isInEntity() && move(0, onwards());
}

const commandOf = (key) => {
  const type = types[TYPE_KEYS.indexOf(key)];
  return COMMANDS[key] ?? (type === undefined ? undefined : () => mark(type));
};

document.addEventListener("keydown", (event) => {
  const { target: where, key } = event;
  if (event.isComposing || event.keyCode === 229) return; // the key is the input method's; 229 in Safari
  // Where the layout has other letters, a key is the one at its place on a Latin keyboard.
  const place = /^[a-z0-9]$/i.test(key) ? undefined : /^(?:Key|Digit)(.)$/.exec(event.code)?.[1];
  const letter = key.length === 1 ? (place ?? key).toLowerCase() : key;
  const hasShift = event.shiftKey && (key.length > 1 || letter !== key); // some keyboards need it for digits
  const modifiers = [event.ctrlKey || event.metaKey ? "Ctrl+" : "", event.altKey ? "Alt+" : "", hasShift ? "Shift+" : ""];
  const name = key === "?" ? key : modifiers.join("") + letter; // wherever a keyboard has it
  if (where.matches("input, select")) {
    if (name === "Escape") sentence.focus();
    if (name === "Enter" && where.id === "note") decide("unsure");
    if (name === "Enter" && where.id === "find") show(shown[0] ?? index);
    if (!["Ctrl+s", "Ctrl+Enter"].includes(name)) return;
  }
  // A command of one key acts in the task, or where nothing has the focus (WCAG 2.1.4).
  const isInTask = where === document.body || byId("task").contains(where);
  const isOwn = where.matches("button, summary") && ["Enter", " "].includes(name);
  const command = !isOwn && (isInTask || name.startsWith("Ctrl+")) ? commandOf(name) : undefined;
  if (!command) return;
  event.preventDefault();
  command();
});

// The word at a point, or the first word of the entity whose label is there.
const wordAt = ({ clientX, clientY }) => {
  const found = document.elementFromPoint(clientX, clientY)?.closest("#sentence [data-word], #sentence [data-start]");
  return found ? Number(found.dataset.word ?? found.dataset.start / 2) : undefined;
};

let drags = false;
sentence.addEventListener("pointerdown", (event) => {
  const word = event.button === 0 ? wordAt(event) : undefined;
  if (word === undefined) return;
  if (event.target.closest(".remove")) return edit(spans.filter(([start]) => start !== word));
  drags = true;
  select(word, event.shiftKey ? anchor : word);
});
document.addEventListener("pointermove", (event) => {
  const word = drags ? wordAt(event) : undefined;
  if (word !== undefined && word !== cursor) select(word, anchor);
});
for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, () => (drags = false));

for (const [number, type] of types.entries()) {
  const key = TYPE_KEYS[number];
  const button = Object.assign(element("button", ground(type), ...(key ? [element("kbd", "", key), " "] : []), type), { value: type });
  button.addEventListener("click", () => mark(type));
  byId("types").append(button);
  byId("filter").elements.type.append(new Option(type, type));
}
for (const button of document.querySelectorAll("[data-key]")) {
  button.addEventListener("click", () => commandOf(button.dataset.key)());
}
byId("task").addEventListener("click", ({ target: where }) => where.closest("button") && sentence.focus());
byId("unsure").addEventListener("click", () => decide("unsure"));
byId("note").addEventListener("input", () => change({ note: byId("note").value }, true));
byId("save").addEventListener("click", save);
byId("load").addEventListener("click", () => byId("file").click());
byId("file").addEventListener("change", async ({ target: input }) => {
  if (input.files.length) await load(input.files[0]);
  input.value = ""; // so that the same file can be chosen again
});
byId("name").addEventListener("change", () => {
  withStorage((storage) => storage.setItem("tagline:annotator", byId("name").value.trim()));
});
const search = () => {
  filter();
  scrollTo(0);
  say(`${counted(shown.length)} shown.`);
};
byId("find").addEventListener("input", search);
byId("filter").addEventListener("submit", (event) => event.preventDefault());
byId("filter").addEventListener("change", ({ target: field }) => {
  if (field.id === "find") return search();
  filter();
  show(shown.find((each) => each >= index) ?? shown[0] ?? index);
  field.focus();
  say(`${counted(shown.length)} shown.`);
});
byId("scroll").addEventListener("scroll", drawList);
window.addEventListener("resize", drawList);
window.addEventListener("beforeunload", (event) => {
  // A private window forgets its drafts without a word.
  const wasSaved = tasks.some((each) => answers.get(each.id)?.saved);
  if (changes.length && unsaved() && !(keepsDrafts && wasSaved)) event.preventDefault();
});

// Begin with the sentences to check, and say what nobody looks at.
const showToCheck = () => {
  const { state } = byId("filter").elements;
  [...state.options].at(-1).hidden = false;
  const unseen = tasks.filter((each) => !isToCheck(each)).flatMap((each) => each.suggested ?? []);
  const toCheck = [...tasks.keys()].filter((number) => isToCheck(tasks[number]));
  if (toCheck.length) state.value = "to check";
  show(toCheck.find((number) => !isDecided(tasks[number])) ?? toCheck[0] ?? firstOpen());
  const entities = unseen.length === 1 ? "1 entity" : `${unseen.length.toLocaleString("en")} entities`;
  say(`${entities} accepted unseen; ${counted(toCheck.length)} to check.`);
};

byId("guideline").hidden = guideline === null;
byId("guideline").lastElementChild.textContent = guideline;
byId("work").hidden = !tasks.length;
if (tasks.length) {
  withStorage(readDrafts);
  if (tasks.some((each) => each.suggested?.some((span) => span.length > 4))) showToCheck();
  else show(firstOpen());
} else say("This page has no sentences.");
