// Copies the value of a field. Outside of HTTPS browsers have no clipboard object; there the older command is used.
async function copy(field) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(field.value);
    return true;
  }
  field.select();
  return document.execCommand("copy");
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const label = button.querySelector("span");
  const before = label.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    let done = false;
    try {
      done = await copy(field);
    } catch {
      field.select();
    }
    label.textContent = done ? "Copied" : "Press Ctrl+C";
    setTimeout(() => { label.textContent = before; }, 2500);
  });
}
