// Refreshes the marked part of the page every two seconds. The answer form lies outside it, so typing is never lost.
"use strict";
const part = document.querySelector("[data-refresh]");
let shown;

async function refresh() {
  if (document.hidden || part.contains(document.activeElement)) return;
  try {
    const answer = await fetch(part.dataset.refresh);
    if (!answer.ok) return;
    const fresh = await answer.text();
    if (fresh !== shown) {
      part.innerHTML = fresh;
      shown = fresh;
    }
  } catch {
    // The simulator is stopped; the next round tries again.
  }
}

if (part) {
  refresh();
  setInterval(refresh, 2000);
}
