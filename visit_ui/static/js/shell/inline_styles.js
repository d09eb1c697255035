// A text field that the reader drew larger keeps its size when its part of the page is swapped. The browser keeps the
// size as an inline style; htmx would copy that as an attribute, which the page's policy forbids and the console says.

/** @type {Map<string, string>} by id */
const held = new Map();

/** Before a swap: taken off, so that nothing is left to be copied. */
function lift() {
  for (const element of document.querySelectorAll("[id][style]")) {
    if (!(element instanceof HTMLElement)) continue;
    held.set(element.id, element.style.cssText);
    element.removeAttribute("style");
  }
}

/** After it: on the successor, or on the element itself when it stayed. By script, which the policy allows. */
function giveBack() {
  for (const [id, style] of held) {
    const element = style ? document.getElementById(id) : null;
    if (element) element.style.cssText = style;
  }
}

/** When the swap has settled, which sets attributes once more. */
function end() {
  giveBack();
  held.clear();
}

/** @returns {() => void} stops it */
export function start() {
  /** @type {ReadonlyArray<readonly [string, () => void]>} */
  const listeners = [
    ["htmx:before:swap", lift],
    ["htmx:after:swap", giveBack],
    ["htmx:after:settle", end],
  ];
  for (const [kind, act] of listeners) document.addEventListener(kind, act);
  return () => {
    for (const [kind, act] of listeners) document.removeEventListener(kind, act);
  };
}
