// What becomes possible at a time appears then, without a reload: the part of the page with `data-opens-at` re-reads itself.

const LONGEST_MS = 2 ** 31 - 1; // setTimeout takes no more; a visit further away than 24 days waits for the next load

/** @returns {() => void} stops it */
export function start() {
  let timer = 0;
  const plan = () => {
    clearTimeout(timer);
    const part = document.querySelector("[data-opens-at]");
    if (!(part instanceof HTMLElement)) return;
    const wait = Date.parse(part.dataset.opensAt ?? "") - Date.now();
    if (!Number.isFinite(wait) || wait > LONGEST_MS) return;
    const announce = () => document.body.dispatchEvent(new CustomEvent("titrate:opens", { bubbles: true }));
    timer = window.setTimeout(announce, Math.max(wait, 0) + 1000); // a second later, so that the server agrees
  };
  plan();
  document.addEventListener("htmx:after:swap", plan);
  return () => {
    clearTimeout(timer);
    document.removeEventListener("htmx:after:swap", plan);
  };
}
