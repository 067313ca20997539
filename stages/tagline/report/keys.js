// Keys j and k go to the next and previous visible sentence, / to the field that finds some.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("select, input[type=search]")) return;
  if (event.key === "/") {
    event.preventDefault();
    form.elements.find.focus();
  }
  const step = { j: 1, k: -1 }[event.key];
  if (!step) return;
  const visible = sentences.filter((sentence) => !sentence.hidden);
  const current = visible.indexOf(document.activeElement.closest(".sentence"));
  const next = visible[current < 0 ? 0 : current + step];
  next?.focus();
  next?.scrollIntoView({ block: "center" });
});
