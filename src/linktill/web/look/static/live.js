// Keeps an open page up to date: on news the page is asked for again, and its content takes over what is different, so that focus,
// selection, ticks and opened details stay. Without this script a page is as old as its last reload.
const content = document.getElementById("content");
const own = location.pathname.match(/\/([a-z]+_[0-9a-z]{20,})(?:\/|$)/)?.[1];
const said = document.createElement("p");
said.className = "unseen";
said.setAttribute("role", "status");
document.body.append(said);
const WORDS = {
  "payment.captured": "A payment came in.", "payment.failed": "A payment failed.", "payment.quarantined": "A payment needs your decision.",
  "dispute.opened": "A payer disputes a payment.", "payout.paid": "A payout was made.", "refund.succeeded": "A refund has arrived.",
};
let since = document.body.dataset.liveSince;
let source, timer, tries = 0, isStale = false, isAsking = false;

function listen() {
  clearTimeout(timer);
  if (source || document.hidden) return;
  source = new EventSource(`/dashboard/live?${new URLSearchParams({ after: since })}`);
  source.onopen = () => { tries = 0; };
  source.onerror = () => { stop(); later(); };
  source.addEventListener("changed", (event) => {
    since = event.lastEventId;
    const told = JSON.parse(event.data);
    if (!own || told.ids.includes(own)) refresh(told.types);
  });
}

function stop() {
  source?.close();
  source = undefined;
}

function later() {
  const most = Math.min(60, 2 ** tries++);
  timer = setTimeout(listen, 1000 * most * (0.5 + Math.random() / 2));
}

function page() {
  return new Promise((resolve) => {
    const asked = new XMLHttpRequest();
    asked.responseType = "document";
    asked.open("GET", location.pathname + location.search);
    asked.onloadend = () => resolve(asked.status === 200 && asked.response?.body.dataset.page === document.body.dataset.page ? asked.response : null);
    asked.send();
  });
}

const isTyping = () => document.activeElement?.matches("input:not([type=checkbox], [type=radio]), textarea, select") && content.contains(document.activeElement);

async function refresh(types) {
  if (isTyping()) { isStale = true; return; }
  if (isAsking) { isStale = true; return; }
  isAsking = true;
  isStale = false;
  const fresh = await page();
  isAsking = false;
  if (fresh && !isTyping()) {
    if (morphChildren(content, fresh.getElementById("content"))) {
      document.dispatchEvent(new Event("linktill:fresh"));
      said.textContent = types.map((type) => WORDS[type]).find(Boolean) ?? "This page was brought up to date.";
    }
  } else if (fresh) isStale = true;
  if (isStale && !isTyping()) refresh(types);
}

const keyOf = (node) => node.nodeType === 1 ? node.id || node.getAttribute("data-key") || node.getAttribute("aria-labelledby") || node.querySelector?.(":scope > td > a.cover, :scope > td.first a")?.getAttribute("href") || "" : "";

// Makes `now` like `then`, and says whether anything differed. What the reader has done to a field stays.
function morph(now, then) {
  if (now.nodeType !== then.nodeType || now.nodeName !== then.nodeName) {
    now.replaceWith(document.importNode(then, true));
    return true;
  }
  if (now.nodeType !== 1) {
    if (now.nodeValue === then.nodeValue) return false;
    now.nodeValue = then.nodeValue;
    return true;
  }
  if (now.matches("time[data-local]") && now.dateTime === then.dateTime) return false;
  // The tokens of a form that is half filled in stay good.
  if (now.matches("[name=csrf_token], [name=submit_token], textarea")) return false;
  let isOther = false;
  for (const { name, value } of then.attributes) {
    // What a script has shown or the reader has opened stays so.
    if (now.getAttribute(name) === value || name === "hidden" || name === "open" || (now.matches("input:not([type=hidden])") && name === "value")) continue;
    now.setAttribute(name, value);
    isOther = true;
  }
  for (const { name } of [...now.attributes]) {
    if (then.hasAttribute(name) || ["open", "hidden", "title", "checked", "disabled"].includes(name)) continue;
    now.removeAttribute(name);
    isOther = true;
  }
  return morphChildren(now, then) || isOther;
}

function morphChildren(now, then) {
  let isOther = false;
  const keyed = new Map([...now.childNodes].filter(keyOf).map((node) => [keyOf(node), node]));
  // Blanks between elements count for nothing: after what is kept they would stand against elements.
  const isBlank = (node) => node.nodeType === 8 || (node.nodeType === 3 && !node.nodeValue.trim());
  const past = (node) => { while (node && (isBlank(node) || (node.nodeType === 1 && node.hasAttribute("data-keep")))) node = node.nextSibling; return node; };
  let at = past(now.firstChild);
  for (const wanted of [...then.childNodes].filter((node) => !isBlank(node))) {
    const key = keyOf(wanted);
    const same = key && keyed.get(key);
    if (same) {
      keyed.delete(key);
      if (same !== at) { now.insertBefore(same, at); isOther = true; } else at = past(at.nextSibling);
      isOther = morph(same, wanted) || isOther;
    } else if (at && !key && !keyOf(at)) {
      const next = past(at.nextSibling);
      isOther = morph(at, wanted) || isOther;
      at = next;
    } else {
      const made = document.importNode(wanted, true);
      if (made.nodeType === 1) made.classList.add("fresh");
      now.insertBefore(made, at);
      made.before(" ");
      isOther = true;
    }
  }
  while (at) {
    const next = past(at.nextSibling);
    at.remove();
    isOther = true;
    at = next;
  }
  return isOther;
}

document.addEventListener("focusout", () => setTimeout(() => { if (isStale && !isTyping()) refresh([]); }, 0));
document.addEventListener("visibilitychange", () => {
  if (document.hidden) { clearTimeout(timer); stop(); } else { tries = 0; listen(); }
});
// A page in the back-forward cache holds no connection.
addEventListener("pagehide", () => { clearTimeout(timer); stop(); });
addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
if (since) listen();
