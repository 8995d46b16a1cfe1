// Shows what the payer's choices come to while they are made: the page that the form would get is asked for, and its sums,
// errors and Pay button are taken over. Without this script a button does the same, and Pay asks again if the sum is another one.
const form = document.querySelector("form[data-choosing]");
let turn = 0;
let timer;

async function update() {
  const mine = ++turn;
  const body = new URLSearchParams(new FormData(form));
  body.set("update", "yes");
  const answer = await fetch(form.action, { method: "POST", body }).catch(() => null);
  if (mine !== turn || !answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("form[data-choosing]");
  if (mine !== turn || !fresh) return;
  const at = document.activeElement;
  for (const part of document.querySelectorAll("[data-part]")) {
    const now = page.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
    if (now && now.innerHTML !== part.innerHTML) part.innerHTML = now.innerHTML;
  }
  // A way to send it that was just chosen may be drawn anew: the keyboard stays where it was.
  if (!at.isConnected && at.name === "shipping") form.querySelector("[name='shipping']:checked")?.focus();
  for (const name of ["version", "amount_minor", "currency"]) form.elements[name].value = fresh.elements[name].value;
}

for (const other of form.querySelectorAll(".other input")) {
  other.addEventListener("input", () => {
    const choice = other.closest("fieldset")?.querySelector("input[type='radio'][value='other']");
    if (choice) choice.checked = true;
  });
}
form.querySelector("button[name='update']").hidden = true;
function soon(event) {
  // What is looked up as a whole is not asked for with every letter.
  const isWhole = ["code", "tax_id"].includes(event.target.name);
  if (isWhole !== (event.type === "change")) return;
  if (["email", "name", "gateway", "price_agreed"].includes(event.target.name)) return;
  if (/^(answers|consents)\./.test(event.target.name)) return;
  clearTimeout(timer);
  timer = setTimeout(update, 200);
}
form.addEventListener("input", soon);
form.addEventListener("change", soon);
