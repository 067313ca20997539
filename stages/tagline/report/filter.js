"use strict";
// Hides the sentences without an error that matches the form. Without JavaScript, all are shown and the form is hidden.
// A link such as #sentences?kind=type_error&gold=ORG&predicted=LOC sets the form, and the types of both sides.
const form = document.getElementById("filters");
const sentences = [...document.querySelectorAll(".sentence")];
const errors = new Map(sentences.map((sentence) => [sentence, [...sentence.querySelectorAll(".error")]]));
const none = document.getElementById("none");
const shown = document.getElementById("shown");
const SIDES = ["gold", "predicted"];
let pair = {}; // the types of some sides, names; empty: no entity

const indexOf = (name) => [...form.elements.type.options].find((option) => option.text === name && option.value)?.value;

// Whether a sentence has errors with the types of the pair; a side without a type is not asked for.
const hasPair = (sentence) => {
  const isThere = (side) => errors.get(sentence).some(({ dataset }) => dataset[side] === indexOf(pair[side]));
  return SIDES.every((side) => !pair[side] || isThere(side));
};

const filter = () => {
  const { split, kind, type, find } = Object.fromEntries(new FormData(form));
  const sought = find.trim().toLowerCase();
  const isMatching = ({ dataset }) => (!kind || dataset.kind === kind) && (!type || dataset.types.split(" ").includes(type));
  let number = 0;
  for (const sentence of sentences) {
    const matching = errors.get(sentence).filter(isMatching);
    const isOther = (split && sentence.dataset.split !== split) || !hasPair(sentence);
    sentence.hidden = !matching.length || isOther || !sentence.textContent.toLowerCase().includes(sought);
    if (sentence.hidden) continue;
    number += 1;
    for (const error of errors.get(sentence)) error.classList.toggle("other", !matching.includes(error));
  }
  none.hidden = number > 0;
  const chosen = SIDES.filter((side) => side in pair).map((side) => `${side} ${pair[side] || "nothing"}`);
  const format = (value) => value.toLocaleString("en");
  shown.value = [`${format(number)} of ${format(sentences.length)} shown`, ...chosen].join(", ");
};

const followLink = () => {
  const [place, query] = location.hash.split("?");
  if (place !== "#sentences" || query === undefined) return;
  const wanted = Object.fromEntries(new URLSearchParams(query));
  form.reset();
  form.elements.split.value = wanted.split ?? "";
  if (form.elements.kind) form.elements.kind.value = wanted.kind ?? "";
  form.elements.type.value = indexOf(wanted.type) ?? "";
  pair = Object.fromEntries(SIDES.filter((side) => side in wanted).map((side) => [side, wanted[side]]));
  setTimeout(() => { // after the event of the reset
    filter();
    document.getElementById("sentences").scrollIntoView();
  });
};

form.addEventListener("change", filter);
form.elements.find.addEventListener("input", filter);
form.addEventListener("reset", () => {
  pair = {};
  setTimeout(filter);
});
form.addEventListener("submit", (event) => event.preventDefault());
window.addEventListener("hashchange", followLink);
form.hidden = false;
filter();
followLink();
