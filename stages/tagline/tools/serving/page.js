// Sends the text to the service, and marks the entities of the answer.
const [form, field, find, state, found, shown, json] = ["form", "text", "find", "state", "found", "marked", "json"].map((id) => document.getElementById(id));

// The classes of each type, which give it its ground.
const grounds = new Map([...document.querySelectorAll("#types .type")].map((type) => [type.textContent, type.className]));

const show = ({ text, entities }) => {
  const characters = Array.from(text); // offsets count code points; the indices of a string count UTF-16 units
  const slice = (start, end) => [characters.slice(start, end).join("")];
  const predicted = entities.map(({ type, start, end, score }) => {
    const classes = grounds.get(type);
    return { start, end, classes, label: `${type} ${score.toFixed(2)}`, labelClasses: classes };
  });
  shown.replaceChildren(...marked(slice, characters.length, predicted));
  json.textContent = JSON.stringify({ text, entities }, null, 2);
  return entities.length === 1 ? "1 entity" : `${entities.length} entities`;
};

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  find.disabled = true;
  try {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch("entities", { method: "POST", headers, body: JSON.stringify({ text: field.value }) });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.detail);
    state.value = show(answer);
    found.hidden = false;
  } catch (error) {
    state.value = error instanceof TypeError ? "The service does not answer." : error.message;
    found.hidden = true;
  }
  find.disabled = false;
});

field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !find.disabled) form.requestSubmit();
});
