// The keyboard's way to everything: "/" or Ctrl+K opens it, words find pages and things, Enter opens what is chosen. It asks for the
// search page and takes over what is found there. Without this script the link beside the menu leads to that page.
const opener = document.querySelector("[data-palette]");
const MORE = [
  ["New payment link", "/dashboard/links/new"], ["Links from a file", "/dashboard/links/import"], ["Link templates", "/dashboard/links/templates"],
  ["Requests of payers", "/dashboard/requests"], ["New coupon", "/dashboard/coupons/new"], ["New customer", "/dashboard/customers/new"],
  ["Reconcile with gateways", "/dashboard/reconcile"], ["Bank transfer, cash and checks", "/dashboard/offline"],
  ["Domain of your own", "/dashboard/domain"], ["Stuck work", "/dashboard/stuck"], ["Go live", "/dashboard/go-live"],
];
let dialog, input, list, said, timer;
let turn = 0;
let isStale = false;

function make(tag, attributes = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...inside);
  return made;
}

function build() {
  input = make("input", {
    class: "input", type: "search", name: "q", maxlength: "200", autocomplete: "off", role: "combobox", "aria-label": "Search everything",
    "aria-expanded": "true", "aria-controls": "palette-list", "aria-autocomplete": "list", placeholder: "Search, or go to a page",
  });
  list = make("div", { id: "palette-list", role: "listbox", "aria-label": "Found" });
  said = make("p", { class: "unseen", role: "status" });
  const hint = make("p", { class: "soft small keys" }, make("kbd", {}, "↑"), " ", make("kbd", {}, "↓"), " choose ", make("kbd", {}, "Enter"), " open ", make("kbd", {}, "Esc"), " close");
  const form = make("form", { role: "search", action: "/dashboard/search" }, input);
  dialog = make("dialog", { class: "palette", "aria-label": "Search" }, form, list, hint, said);
  document.body.append(dialog);
  input.addEventListener("input", typed);
  input.addEventListener("keydown", steer);
  form.addEventListener("submit", (event) => {
    const chosen = active();
    if (!chosen || isStale) return;
    event.preventDefault();
    location.assign(chosen.dataset.url);
  });
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) location.assign(option.dataset.url);
  });
  list.addEventListener("mousemove", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose(option);
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}

const active = () => list.querySelector("[aria-selected=true]");

function choose(option) {
  active()?.setAttribute("aria-selected", "false");
  if (option) {
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  } else input.removeAttribute("aria-activedescendant");
}

function steer(event) {
  const options = [...list.querySelectorAll("[role=option]")];
  const at = options.indexOf(active());
  const to = { ArrowDown: (at + 1) % options.length, ArrowUp: (at < 1 ? options.length : at) - 1 }[event.key];
  if (to === undefined || !options.length || event.isComposing) return;
  event.preventDefault();
  choose(options[to]);
}

function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

function pages(words) {
  const known = [...document.querySelectorAll("#menu a")].map((link) => [link.textContent.trim(), link.getAttribute("href")]);
  const starts = ([label]) => words.every((word) => plain(label).split(/[\s,]+/).some((part) => part.startsWith(word)));
  const fitting = [...known, ...MORE].filter(starts);
  return fitting.slice(0, words.length ? 5 : 30).map(([label, url]) => ({ url, inside: [make("span", { class: "what" }, make("b", {}, label))] }));
}

function found(page) {
  return [...page.querySelectorAll("[data-found]")].map((group) => [
    group.dataset.found,
    [...group.querySelectorAll(".hits a")].map((link) => ({
      url: link.getAttribute("href"),
      inside: [...link.querySelectorAll(".what, .facts")].map((part) => document.importNode(part, true)),
    })),
  ]);
}

function show(groups, words) {
  let number = 0;
  const kept = active()?.dataset.url;
  list.replaceChildren(...groups.filter(([, options]) => options.length).map(([label, options]) => make(
    "div", { role: "group", "aria-label": label }, make("p", { class: "kind", "aria-hidden": "true" }, label),
    ...options.map(({ url, inside }) => make("div", { role: "option", id: `palette-${number++}`, "data-url": url, "aria-selected": "false" }, ...inside)),
  )));
  const options = [...list.querySelectorAll("[role=option]")];
  choose(options.find((option) => option.dataset.url === kept) ?? (words.length ? options[0] : null));
  said.textContent = words.length ? (number === 1 ? "One found" : `${number || "None"} found`) : "";
}

// A document, not a text: the page's policy lets no script turn text into elements.
function fetchPage(url) {
  return new Promise((resolve) => {
    const asked = new XMLHttpRequest();
    asked.responseType = "document";
    asked.open("GET", url);
    asked.onloadend = () => resolve(asked.status === 200 ? asked.response : null);
    asked.send();
  });
}

function typed() {
  clearTimeout(timer);
  const mine = ++turn;
  const text = input.value.trim();
  const words = plain(text).split(/\s+/).filter(Boolean);
  isStale = Boolean(text);
  if (!text) { show([["Pages", pages([])]], []); return; }
  timer = setTimeout(async () => {
    const page = await fetchPage(`/dashboard/search?${new URLSearchParams({ q: text })}`);
    if (mine !== turn) return;
    isStale = !page;
    show([["Pages", pages(words)], ...(page ? found(page) : [])], words);
  }, 120);
}

function open() {
  if (!dialog) build();
  if (dialog.open) return;
  document.querySelector("#menu:popover-open")?.hidePopover();
  input.value = "";
  typed();
  dialog.showModal();
}

const isTyping = (at) => at.closest("input, textarea, select, [contenteditable]") && !/^(checkbox|radio|button|submit)$/.test(at.type);
document.addEventListener("keydown", (event) => {
  const isSlash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target);
  const isK = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  if (!isSlash && !isK) return;
  event.preventDefault();
  open();
});
opener?.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open();
});
