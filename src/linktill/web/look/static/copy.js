// Copies the value of a field. Outside of HTTPS browsers have no clipboard object; there the older command is used.
async function copy(field) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(field.value);
    return true;
  }
  field.select();
  return document.execCommand("copy");
}

// A page that brings itself up to date may put buttons in the place of others.
function show() {
  for (const button of document.querySelectorAll("button[data-copy]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  const label = button.querySelector("span");
  let done = false;
  try {
    done = await copy(field);
  } catch {
    field.select();
  }
  label.textContent = done ? "Copied" : "Press Ctrl+C";
  setTimeout(() => { label.textContent = "Copy"; }, 2500);
});
document.addEventListener("linktill:fresh", show);
show();
