// Whoever types is not disturbed. An answer that nobody pressed for (a check of what was chosen, a live re-read) never
// replaces, collapses or redraws the field that has the focus: its part of the page stays as it is, and where the
// answer has no such part, the whole answer waits until the field is left and is then asked for anew.

/** @typedef {{target?: Element | null, fragment?: ParentNode, swapSpec?: {style?: string}}} Task */
/** @typedef {{sourceEvent?: Event, sourceElement?: Element}} Asked */

const NOT_TEXT = ["hidden", "button", "submit", "reset", "image", "radio", "checkbox", "range", "color", "file"];
const SKIP = "hx-morph-skip";
const PRESSED = ["click", "submit"];

/**
 * Whether keys go into it as text.
 * @param {unknown} element
 * @returns {element is HTMLElement}
 */
export function isText(element) {
  if (element instanceof HTMLInputElement) return !NOT_TEXT.includes(element.type);
  return element instanceof HTMLElement && element.matches("textarea, select, [contenteditable]");
}

/** @type {Set<Element>} what a swap under way leaves as it is */
const kept = new Set();

/**
 * The same part in what is to be swapped in.
 * @param {Element} part
 * @param {Task} task
 */
function successor(part, task) {
  const found = part.id ? task.fragment?.querySelector(`#${CSS.escape(part.id)}`) : null;
  return found?.localName === part.localName ? found : null;
}

/**
 * What belongs to a field and is left alone with it: the finding that it answers, or the field with its label.
 * @param {HTMLElement} field
 * @param {Task} task
 */
function partOf(field, task) {
  const parts = [field.closest(".finding"), field.closest(".field"), field];
  return parts.find((part) => part && successor(part, task)) ?? null;
}

/**
 * @param {HTMLElement} field
 * @param {Asked} asked
 */
function askAgainAfter(field, { sourceEvent }) {
  const at = sourceEvent?.target;
  field.addEventListener("blur", () => {
    const heard = at instanceof Element && at.isConnected ? at : document.body;
    if (sourceEvent) heard.dispatchEvent(new CustomEvent(sourceEvent.type, { bubbles: true }));
  }, { once: true });
}

/**
 * The one that folds the same within the same finding: it has no name of its own.
 * @param {Element} one
 * @param {Task} task
 */
function ofSamePart(one, task) {
  const part = one.closest("[id]");
  const next = part && successor(part, task);
  return next?.querySelector(`${one.localName}.${CSS.escape(one.classList[0] ?? "")}`) ?? null;
}

/**
 * What was opened stays open, and where it says so, what was closed stays closed.
 * @param {Task} task
 */
function keepOpen(task) {
  if (!task.swapSpec?.style?.endsWith("Morph")) return;
  for (const one of task.target?.querySelectorAll("details[id], details[data-keep-open]") ?? []) {
    const next = one.id ? successor(one, task) : ofSamePart(one, task);
    if (one.hasAttribute("open")) next?.setAttribute("open", "");
    else if (one.matches("[data-keep-open]")) next?.removeAttribute("open");
  }
}

/**
 * Before a swap: leave the field with the focus alone, or put the swap off.
 * @param {Event} event
 */
function protect(event) {
  if (!(event instanceof CustomEvent)) return;
  /** @type {{ctx: Asked, tasks?: Task[]}} */
  const { ctx, tasks = [] } = event.detail;
  tasks.forEach(keepOpen);
  const field = document.activeElement;
  if (!isText(field)) return;
  const pressed = PRESSED.includes(ctx.sourceEvent?.type ?? "");
  for (const task of tasks) {
    if (!task.target?.contains(field) || task.target === field) continue;
    const part = task.swapSpec?.style?.endsWith("Morph") ? partOf(field, task) : null;
    if (pressed && (!part || isText(successor(field, task)))) continue; // what was asked for may change what is typed in
    if (!part) {
      event.preventDefault();
      return askAgainAfter(field, ctx);
    }
    part.setAttribute(SKIP, "");
    kept.add(part);
  }
}

function release() {
  for (const part of kept) part.removeAttribute(SKIP);
  kept.clear();
}

/** @returns {() => void} stops it */
export function start() {
  document.addEventListener("htmx:before:swap", protect);
  document.addEventListener("htmx:finally:swap", release);
  return () => {
    document.removeEventListener("htmx:before:swap", protect);
    document.removeEventListener("htmx:finally:swap", release);
  };
}
