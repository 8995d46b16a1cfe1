// Shows times in the reader's own time zone; without this script they are in UTC and say so.
const format = new Intl.DateTimeFormat(document.documentElement.lang || undefined, { dateStyle: "medium", timeStyle: "short" });
const told = new WeakMap();

function show() {
  for (const time of document.querySelectorAll("time[data-local]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime()) || told.get(time) === time.dateTime) continue;
    told.set(time, time.dateTime);
    time.title = time.textContent;
    time.textContent = format.format(moment);
  }
}

show();
document.addEventListener("linktill:fresh", show);
