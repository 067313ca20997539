"use strict";
// Marks entities in a text as marked.html does for the reports, which must be readable without JavaScript.

const element = (name, classes, ...content) => {
  const made = Object.assign(document.createElement(name), { className: classes });
  made.append(...content);
  return made;
};

// The note after an entity, left to right and in the language of the page whatever the text is.
const note = ({ start, label, labelClasses }) => {
  const made = element("bdi", "note", element("span", `label ${labelClasses}`, label));
  made.dataset.start = start;
  return Object.assign(made, { dir: "ltr", lang: "en" });
};

// The nodes of a text, split at the borders of its entities, which may overlap:
// "Ada Lind" with (0, 8) and (4, 8) becomes two pieces, the second of both classes, and two notes.
//   slice(start, end)  the nodes of a part of the text, an array
//   length             the end of the text
//   entities           objects of start, end, classes, label, labelClasses
const marked = (slice, length, entities) => {
  const borders = [...new Set([0, length, ...entities.flatMap(({ start, end }) => [start, end])])];
  borders.sort((one, other) => one - other);
  const waiting = [...entities].sort((one, other) => other.start - one.start); // the first one last
  let open = [];
  return borders.slice(1).flatMap((end, index) => {
    const start = borders[index];
    open = open.filter((each) => each.end > start);
    while (waiting.at(-1)?.start === start) open.push(waiting.pop());
    const nodes = slice(start, end);
    const piece = open.length ? [element("span", open.map(({ classes }) => classes).join(" "), ...nodes)] : nodes;
    return [...piece, ...open.filter((each) => each.end === end).map(note)];
  });
};
