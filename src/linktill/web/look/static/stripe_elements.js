// Shows Stripe's Payment Element on a page of Linktill's and pays with it. All words are the page's own, but for what Stripe
// says of a field that is filled in wrong. What became of the payment is never told from here: the next page asks Stripe.
const LOAD_MAX_MS = 20_000;
const form = document.getElementById("own-fields");
const button = form.querySelector("button");
const email = form.querySelector("input[type='email']");
const problem = document.getElementById("own-problem");
const { script, key, secret, done, declined } = form.dataset;
const dark = matchMedia("(prefers-color-scheme: dark)");
let isPaying = false;

function inTime(work) {
  return Promise.race([work, new Promise((_, reject) => { setTimeout(reject, LOAD_MAX_MS); })]);
}

function loaded(url) {
  return new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = url;
    element.addEventListener("load", resolve);
    element.addEventListener("error", reject);
    document.head.append(element);
  });
}

function look() {
  return { theme: dark.matches ? "night" : "stripe", variables: { borderRadius: "6px" } };
}

function tell(words) {
  problem.querySelector("span").textContent = words;
  problem.hidden = !words;
}

// What to mend, or nothing: then Stripe has taken the payment on.
async function pay(actions) {
  if (email) {
    const updated = await actions.updateEmail(email.value.trim());
    if (updated.type === "error") return updated.error.message;
  }
  const result = await actions.confirm({ redirect: "if_required" });
  if (result.type !== "error") return "";
  return result.error.code === "paymentFailed" ? declined : result.error.message || declined;
}

async function submit(actions) {
  if (isPaying) return;
  isPaying = true;
  button.disabled = true;
  tell("");
  let words = "";
  try {
    words = await pay(actions);
  } catch {
    // The answer got lost, so nobody here knows: the next page finds out.
  }
  if (!words) {
    location.replace(done);
    return;
  }
  tell(words);
  isPaying = false;
  button.disabled = false;
}

async function start() {
  await inTime(loaded(script));
  const stripe = window.Stripe(key, { locale: document.documentElement.lang, developerTools: { assistant: { enabled: false } } });
  const checkout = stripe.initCheckoutElementsSdk({ clientSecret: secret, elementsOptions: { appearance: look() } });
  const element = checkout.createPaymentElement();
  const isReady = new Promise((resolve, reject) => {
    element.on("ready", resolve);
    element.on("loaderror", reject);
  });
  form.hidden = false;
  element.mount("#own-element");
  const [found] = await inTime(Promise.all([checkout.loadActions(), isReady]));
  if (found.type !== "success") throw new Error("Stripe gave no actions.");
  if (found.actions.getSession().status.type !== "open") {
    location.replace(done);
    return;
  }
  dark.addEventListener("change", () => checkout.changeAppearance(look()));
  form.addEventListener("submit", () => submit(found.actions));
  document.getElementById("own-loading").hidden = true;
  button.disabled = false;
}

document.getElementById("own-without").hidden = true;
form.addEventListener("submit", (event) => event.preventDefault());
// Brought back as it was left, with a button that waits: it begins anew.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
start().catch(() => {
  form.hidden = true;
  document.getElementById("own-loading").hidden = true;
  document.getElementById("own-trouble").hidden = false;
});
