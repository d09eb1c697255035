// A chart is one tab stop: arrows move from point to point, Home and End to the ends. What a point says stands below it too.

/**
 * @param {Element} point
 * @param {Element[]} all
 */
function focusPoint(point, all) {
  for (const other of all) other.setAttribute("tabindex", other === point ? "0" : "-1");
  if (point instanceof SVGElement) point.focus();
}

/**
 * Where a key leads from a point, or -1 when it leads nowhere. Pure.
 * @param {string} key
 * @param {number} at
 * @param {number} count
 */
export function nextPoint(key, at, count) {
  switch (key) {
    case "ArrowRight": return Math.min(at + 1, count - 1);
    case "ArrowLeft": return Math.max(at - 1, 0);
    case "Home": return 0;
    case "End": return count - 1;
    default: return -1;
  }
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const point = event.target instanceof Element ? event.target.closest("[data-point]") : null;
  const svg = point?.closest("svg");
  if (!point || !svg) return;
  const all = [...svg.querySelectorAll("[data-point]")];
  const next = all[nextPoint(event.key, all.indexOf(point), all.length)];
  if (!next) return;
  event.preventDefault();
  focusPoint(next, all);
}

/**
 * @param {Document | Element} root
 * @returns {() => void} stops it
 */
export function start(root) {
  const listen = /** @type {EventListener} */ (onKey);
  root.addEventListener("keydown", listen);
  return () => root.removeEventListener("keydown", listen);
}
