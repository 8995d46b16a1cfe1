// The device's own list of where to share to, where there is one.
function show() {
  for (const button of document.querySelectorAll("button[data-share]")) button.hidden = !navigator.share;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-share]");
  if (button) navigator.share({ title: button.dataset.title, url: button.dataset.share }).catch(() => {});
});
document.addEventListener("linktill:fresh", show);
show();
