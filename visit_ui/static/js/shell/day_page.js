// The day: minutes of waiting go on counting, without asking the server.

const STEP_MS = 15000;

/**
 * @param {string} since ISO time
 * @param {number} nowMs
 * @returns {string} "7 min"
 */
export function waited(since, nowMs) {
  const minutes = Math.max(0, Math.floor((nowMs - Date.parse(since)) / 60000));
  return `${minutes} min`;
}

function count() {
  for (const place of document.querySelectorAll("[data-since]")) {
    if (place instanceof HTMLElement && place.dataset.since) place.textContent = waited(place.dataset.since, Date.now());
  }
}

/** Says once, politely, that somebody came or left; the counting minutes are not said. */
function say() {
  const block = document.getElementById("day-waiting");
  const place = document.getElementById("day-said");
  const people = Number(block?.dataset.waiting ?? "0");
  if (place) place.textContent = people === 1 ? "One person is waiting" : people ? `${people} people are waiting` : "Nobody is waiting";
}

const timer = window.setInterval(count, STEP_MS);
document.addEventListener("htmx:after:swap", say);
window.addEventListener("pagehide", () => {
  clearInterval(timer);
  document.removeEventListener("htmx:after:swap", say);
}, { once: true });
