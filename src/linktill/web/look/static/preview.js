// Shows the page that a form makes while it is typed. Nothing is written: the preview is asked for with GET, and the frame's
// address is replaced, so that the Back button still leaves the form. Without this script the Preview button does the same.
const PRIVATE = ["csrf_token", "to", "submit_token", "version", "reference", "tags", "internal_note"];
const form = document.querySelector("form[data-preview]");
const frame = document.querySelector("iframe[name='preview']");
let timer;

function show() {
  const values = new URLSearchParams(new FormData(form));
  for (const name of PRIVATE) values.delete(name);
  for (const [name, value] of [...values]) if (!value) values.delete(name);
  frame.contentWindow.location.replace(`${form.dataset.preview}?${values}`);
}

form.querySelector("button[formtarget='preview']").hidden = true;
form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(show, 300);
});
show();
