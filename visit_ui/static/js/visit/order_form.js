// The form of an order (Adjust, Start, Hold, Stop): after a dose comes Why, with short reasons to pick; what is missing
// is told as it is typed; a gray Sign leads to what is missing and sends nothing; what is signed is read back in full.

import { isText } from "../shell/typing.js";

const FORM = "form.dose-form";

/**
 * Whether the field that a missing thing points at holds something now.
 * @param {string} id
 */
function isFilled(id) {
  const field = /^(reason|indication|answer-)/.test(id) ? document.getElementById(id) : null;
  return field instanceof HTMLInputElement && field.value.trim() !== "";
}

/** @param {HTMLFormElement} form */
function missingIn(form) {
  const links = [...form.querySelectorAll(".signing-missing [data-missing]")];
  return links.filter((one) => !isFilled(one.getAttribute("data-missing") ?? ""));
}

/** What is missing, as it stands now: each is hidden once its field holds something, and Sign is gray while one is left. */
function follow() {
  const form = document.querySelector(FORM);
  if (!(form instanceof HTMLFormElement)) return;
  const missing = missingIn(form);
  for (const one of form.querySelectorAll("[data-missing]")) one.toggleAttribute("hidden", !missing.includes(one));
  form.querySelector("[data-something-missing]")?.toggleAttribute("hidden", missing.length === 0);
  form.querySelector("[data-nothing-missing]")?.toggleAttribute("hidden", missing.length > 0);
  const sign = form.querySelector("#sign");
  if (missing.length) sign?.setAttribute("aria-disabled", "true");
  else sign?.removeAttribute("aria-disabled");
  for (const said of form.querySelectorAll("[data-said]")) {
    const field = form.elements.namedItem(said.getAttribute("data-said") ?? "");
    if (field instanceof HTMLInputElement) said.textContent = field.value.trim() || "not entered yet";
  }
}

/**
 * To a field that is missing, also when it is a group of radios or inside a closed part.
 * @param {string} id
 */
export function leadTo(id) {
  const target = document.getElementById(id);
  if (!target) return;
  target.closest("details")?.setAttribute("open", "");
  target.focus();
  target.scrollIntoView({ block: "center" });
}

/**
 * Before htmx hears of it: a gray Sign, or Enter while something is missing, leads there instead of sending.
 * @param {Event} event
 */
function holdBack(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches(FORM)) return;
  follow();
  const first = missingIn(form)[0]?.getAttribute("data-missing");
  if (!first) {
    form.dataset.signing = ""; // until it is answered
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  leadTo(first);
}

/** @typedef {{sourceElement?: Element, sourceEvent?: Event, target?: unknown}} Asked */

const PRESSED = ["click", "submit"];

/** @type {Set<Asked>} what somebody pressed for, which will take the place of the panel, while it is under way */
const underWay = new Set();
/** @type {WeakMap<Asked, number>} how many changes of the form each check was asked after */
const askedAfter = new WeakMap();
let changes = 0;

/** @param {Event} event */
function askedOf(event) {
  return event instanceof CustomEvent ? /** @type {Asked} */ (event.detail?.ctx ?? {}) : {};
}

/** @param {Event} event */
function sent(event) {
  const asked = askedOf(event);
  const wholePanel = asked.target instanceof Element && asked.target.id === "panel-body";
  if (wholePanel && PRESSED.includes(asked.sourceEvent?.type ?? "")) underWay.add(asked);
  if (asked.sourceElement?.matches("[data-check]")) askedAfter.set(asked, changes);
}

/**
 * The answer to a check that was asked before the last change would put back what was changed since; another check is
 * about to be asked.
 * @param {Event} event
 */
function dropOlder(event) {
  const after = askedAfter.get(askedOf(event));
  if (after !== undefined && after !== changes) event.preventDefault();
}

/**
 * Leaving a field to sign, or for another tab, asks for a check a moment after: it would take the place of what was
 * pressed, which is then never answered.
 * @param {Event} event
 */
function yieldToPressed(event) {
  const source = askedOf(event).sourceElement;
  if (!source?.matches("[data-check]")) return;
  if (underWay.size || source.closest("[data-signing]")) event.preventDefault();
}

/** @param {Event} event */
function answered(event) {
  const asked = askedOf(event);
  underWay.delete(asked);
  if (asked.sourceElement instanceof HTMLFormElement) delete asked.sourceElement.dataset.signing;
}

/**
 * A short reason is written into Why: instead of another short one, and after what was typed.
 * @param {HTMLElement} button
 */
function pick(button) {
  const field = button.closest("form")?.elements.namedItem("reason");
  if (!(field instanceof HTMLInputElement)) return;
  const word = button.dataset.pick ?? "";
  const before = field.value.trim();
  const others = [...document.querySelectorAll("[data-pick]")].map((one) => one.getAttribute("data-pick"));
  field.value = !before || others.includes(before) ? word : `${before}; ${word.toLowerCase()}`.slice(0, field.maxLength);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

/**
 * Whether it is the name that was looked for, as it was found.
 * @param {HTMLElement} field
 */
function isFound(field) {
  const found = document.querySelector(`${FORM} input[name=name]`);
  return field instanceof HTMLInputElement && found instanceof HTMLInputElement && field.value === found.value;
}

/** Why has the focus when a dose was chosen by pressing it, unless something stands there or a touch keyboard would rise. */
function toWhy() {
  const why = document.querySelector(`${FORM} #indication, ${FORM} #reason`);
  const field = why instanceof HTMLInputElement && why.value ? document.querySelector(`${FORM} #reason`) : why;
  if (isText(document.activeElement) && !isFound(document.activeElement)) return; // somebody is writing
  if (field instanceof HTMLInputElement && !field.value) field.focus({ preventScroll: true });
}

/**
 * @param {HTMLElement} root holds the panel
 * @returns {() => void} stops it
 */
export function start(root) {
  const shown = () => root.querySelector(FORM)?.closest("[data-page]")?.getAttribute("data-page") ?? "";
  let page = shown(); // the order page on screen
  let pressed = ""; // how the last press was made: "mouse", "touch", or "" for a key

  const onSwap = () => {
    follow();
    const at = shown();
    const opened = at !== page && at !== "";
    page = at;
    if (opened && pressed !== "touch") toWhy();
  };
  /** @param {Event} event */
  const onClick = (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-pick]") : null;
    if (!(button instanceof HTMLElement)) return;
    pick(button);
    const next = pressed === "mouse" && button.closest(FORM);
    const wanted = next instanceof HTMLFormElement ? missingIn(next)[0]?.getAttribute("data-missing") : null;
    if (wanted?.startsWith("answer-")) leadTo(wanted); // a press goes on; from the keyboard the focus stays
  };
  /** @param {Event} event */
  const onChange = (event) => {
    changes += 1;
    follow();
    const at = event.target;
    if (at instanceof HTMLInputElement && at.name === "total" && at.type === "radio" && pressed === "mouse") toWhy();
  };
  /** @type {ReadonlyArray<readonly [EventTarget, string, (event: Event) => void]>} */
  const listeners = [
    [root, "input", follow],
    [root, "change", onChange],
    [root, "submit", holdBack],
    [root, "click", onClick],
    [root, "pointerdown", (event) => (pressed = event instanceof PointerEvent ? event.pointerType : "")],
    [root, "keydown", () => (pressed = "")],
    [document, "htmx:after:swap", onSwap],
    [document, "htmx:config:request", yieldToPressed],
    [document, "htmx:before:request", sent],
    [document, "htmx:before:swap", dropOlder],
    [document, "htmx:finally:request", answered],
  ];
  for (const [target, kind, act] of listeners) target.addEventListener(kind, act, true);
  follow();
  return () => {
    for (const [target, kind, act] of listeners) target.removeEventListener(kind, act, true);
  };
}
