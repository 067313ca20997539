"use strict";
// Hides the sentences without an error that matches the form. Without JavaScript, all are shown and the form is hidden.
// A link such as #sentences?kind=type_error&gold=ORG&predicted=LOC sets the form, and the types of an error's two sides.
const form = document.getElementById("filters");
const sentences = [...document.querySelectorAll(".sentence")];
const errors = new Map(sentences.map((sentence) => [sentence, [...sentence.querySelectorAll(".error")]]));
const none = document.getElementById("none");
const shown = document.getElementById("shown");
const SIDES = ["gold", "predicted"];
let pair = {}; // the names of the types of some sides; empty: no entity

const indexOf = (name) => [...form.elements.type.options].find((option) => option.text === name && option.value)?.value;

// Whether an error has the types of the pair; no error has a type that the page does not show.
const hasPair = ({ dataset }) =>
  SIDES.every((side) => !(side in pair) || (dataset[side] ?? "") === (pair[side] && indexOf(pair[side])));

const filter = () => {
  const { split, kind, type, find } = Object.fromEntries(new FormData(form));
  const sought = find.trim().toLowerCase();
  const isChosen = ({ dataset }) => (!kind || dataset.kind === kind) && (!type || dataset.types.split(" ").includes(type));
  let number = 0;
  for (const sentence of sentences) {
    const matching = errors.get(sentence).filter((error) => isChosen(error) && hasPair(error));
    const isOther = split && sentence.dataset.split !== split;
    const isFound = !sought || sentence.textContent.toLowerCase().includes(sought);
    sentence.hidden = !matching.length || isOther || !isFound;
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
    document.getElementById("sentences-title").focus({ preventScroll: true }); // Tab goes on from here
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
