// A scale's form, on its own page and in the call: how many answers are open, and help at once when a safety item is answered.
// Nothing advances by itself.

import { _ } from "../shell/texts.js";

/**
 * @param {HTMLFormElement} form
 * @returns {[number, number]} answered and needed
 */
function progress(form) {
  const needed = [...form.querySelectorAll("[data-needed]")];
  return [needed.filter((one) => one.querySelector("input:checked")).length, needed.length];
}

/** @param {HTMLFormElement} form */
function showProgress(form) {
  const [done, all] = progress(form);
  const line = form.querySelector("[data-progress]");
  if (line) line.textContent = done === all ? _("All questions are answered.") : _("%(done)s of %(all)s answered.", { done, all });
}

/**
 * The help stands in the page already: it needs no server and no line to appear.
 * @param {HTMLFormElement} form
 */
function showHelp(form) {
  for (const question of form.querySelectorAll("[data-safety-from]")) {
    const from = Number(question.getAttribute("data-safety-from"));
    const chosen = question.querySelector("input:checked");
    const raised = chosen instanceof HTMLInputElement && Number(chosen.value) >= from;
    question.querySelector("[data-safety-help]")?.toggleAttribute("hidden", !raised);
  }
}

/**
 * A form that was asked for opens in place, perhaps below what is seen, and so does its answer: lead there.
 * @param {HTMLElement} place
 */
function arrive(place) {
  if (!place.hasAttribute("tabindex")) return;
  place.focus({ preventScroll: true });
  place.scrollIntoView({ block: "start" });
}

/**
 * @param {Document | Element} root holds the form, now or after a swap
 * @returns {() => void} stops it
 */
export function start(root) {
  let shown = root.querySelector("[data-scale]");
  const follow = () => {
    const form = root.querySelector("[data-scale]");
    if (form !== shown && form?.parentElement) arrive(form.parentElement);
    const sent = shown && !form ? root.querySelector("[data-scale-sent]") : null;
    if (sent instanceof HTMLElement) arrive(sent); // the form is gone from below the eyes: lead to what became of it
    shown = form;
    if (!(form instanceof HTMLFormElement)) return;
    showProgress(form);
    showHelp(form);
  };
  root.addEventListener("change", follow);
  document.addEventListener("htmx:after:swap", follow);
  follow();
  return () => {
    root.removeEventListener("change", follow);
    document.removeEventListener("htmx:after:swap", follow);
  };
}
