// Hides what is asked only with some answers until they are given. What is hidden is not sent. Without this script every field
// stands there, and says when it is asked.
const hung = [...document.querySelectorAll("[data-only]")];
const form = hung[0]?.closest("form");

function answer(name) {
  const field = form.elements[name];
  if (!field || field.closest("[data-only]")?.hidden) return null;
  return field.type === "checkbox" ? (field.checked ? field.value : "") : field.value;
}

function show() {
  // In the order of the page: what hangs on a hidden field is hidden, too.
  for (const part of hung) {
    const given = answer(part.dataset.only);
    part.hidden = given === null || !JSON.parse(part.dataset.values).includes(given);
    for (const field of part.querySelectorAll("input, select, textarea")) field.disabled = part.hidden;
  }
}

for (const words of document.querySelectorAll(".hint.only")) words.hidden = true;
form?.addEventListener("input", show);
form?.addEventListener("change", show);
if (form) show();
