// The join button appears when the door opens, without a reload: the part of the page re-reads itself then.

const LONGEST_MS = 2 ** 31 - 1; // setTimeout takes no more; a visit further away than 24 days waits for the next load

/** @type {number} */
let timer = 0;

function plan() {
  clearTimeout(timer);
  const opens = document.getElementById("next-visit")?.dataset.opensAt;
  if (!opens) return;
  const wait = Date.parse(opens) - Date.now();
  if (!Number.isFinite(wait) || wait > LONGEST_MS) return;
  const announce = () => document.body.dispatchEvent(new CustomEvent("titrate:opens", { bubbles: true }));
  timer = window.setTimeout(announce, Math.max(wait, 0) + 1000); // a second later, so that the server agrees
}

plan();
document.addEventListener("htmx:after:swap", plan);
window.addEventListener("pagehide", () => {
  clearTimeout(timer);
  document.removeEventListener("htmx:after:swap", plan);
}, { once: true });
