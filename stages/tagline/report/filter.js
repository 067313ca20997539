"use strict";
// Hides the sentences without an error that matches the form. Without JavaScript, all are shown and the form is hidden.
const form = document.getElementById("filters");
const sentences = [...document.querySelectorAll(".sentence")];
const none = document.getElementById("none");
const shown = document.getElementById("shown");

const filter = () => {
  const { split, kind, type } = Object.fromEntries(new FormData(form));
  let number = 0;
  for (const sentence of sentences) {
    let matches = 0;
    for (const { classList, dataset } of sentence.querySelectorAll(".error")) {
      const matching = (!kind || dataset.kind === kind) && (!type || dataset.types.split(" ").includes(type));
      classList.toggle("other", !matching);
      matches += matching;
    }
    sentence.hidden = !matches || (split && sentence.dataset.split !== split);
    number += !sentence.hidden;
  }
  none.hidden = number > 0;
  shown.value = `${number} of ${sentences.length} shown`;
};

form.addEventListener("change", filter);
form.addEventListener("reset", () => setTimeout(filter));
form.addEventListener("submit", (event) => event.preventDefault());
form.hidden = false;
filter();
