// What was typed into an order that is not signed yet comes back when its page is opened again: a look at another tab
// takes the form away. Kept in this page's memory alone, and forgotten as soon as something is signed.

/** @type {Map<string, Map<string, string>>} by order page, then by field */
const kept = new Map();
let shown = ""; // the order page on screen

/**
 * @param {HTMLFormElement} form
 * @returns {string} which page of which medicine this is
 */
function keyOf(form) {
  const product = form.querySelector('input[name="product"]');
  const page = form.closest("[data-page]");
  return `${page instanceof HTMLElement ? page.dataset.page : ""} ${product instanceof HTMLInputElement ? product.value : ""}`;
}

/** @param {Event} event */
function keep(event) {
  const field = event.target;
  if (!(field instanceof HTMLInputElement) || field.type !== "text" || !field.form?.matches(".dose-form")) return;
  const key = keyOf(field.form);
  kept.set(key, (kept.get(key) ?? new Map()).set(field.name, field.value));
}

function giveBack() {
  if (document.querySelector(".panel-notice")?.textContent?.trim()) kept.clear(); // something was signed
  const form = document.querySelector("form.dose-form");
  const key = form instanceof HTMLFormElement ? keyOf(form) : "";
  if (key === shown) return; // checked, not opened
  shown = key;
  if (form instanceof HTMLFormElement) fill(form, kept.get(key) ?? new Map());
}

/**
 * @param {HTMLFormElement} form
 * @param {ReadonlyMap<string, string>} texts by field; what stands in a field already stays
 */
function fill(form, texts) {
  let last = null;
  for (const [name, text] of texts) {
    const field = form.elements.namedItem(name);
    if (!text || !(field instanceof HTMLInputElement) || field.type !== "text" || field.value) continue;
    field.value = text;
    last = field;
  }
  last?.dispatchEvent(new Event("change", { bubbles: true })); // checked as if it were typed now
}

/**
 * @param {HTMLElement} root holds the panel
 * @returns {() => void} stops it
 */
export function start(root) {
  root.addEventListener("input", keep);
  document.addEventListener("htmx:after:swap", giveBack);
  return () => {
    root.removeEventListener("input", keep);
    document.removeEventListener("htmx:after:swap", giveBack);
    kept.clear();
  };
}
