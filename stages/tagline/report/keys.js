// Keys j and k go to the next and previous visible sentence.
document.addEventListener("keydown", (event) => {
  const step = { j: 1, k: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("select")) return;
  const visible = sentences.filter((sentence) => !sentence.hidden);
  const current = visible.indexOf(document.activeElement.closest(".sentence"));
  const next = visible[current < 0 ? 0 : current + step];
  next?.focus();
  next?.scrollIntoView({ block: "center" });
});
