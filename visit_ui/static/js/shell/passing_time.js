// What was true when it was read and is not any more, though nobody changed anything: a time that was named has come.

import { ngettext } from "./texts.js";

const SOON_MS = 60_000; // a time less than a minute ahead is named by no clock

/**
 * Shows what holds now: `data-until` a time is taken away when it comes, `data-from` stands from then on, and
 * `data-minutes-since` goes on counting.
 * @param {ParentNode} root
 * @param {number} nowMs
 */
export function passing(root, nowMs) {
  for (const part of root.querySelectorAll("[data-until], [data-from]")) {
    const until = part.getAttribute("data-until");
    const come = Date.parse(until ?? part.getAttribute("data-from") ?? "") < nowMs + SOON_MS;
    part.toggleAttribute("hidden", until ? come : !come);
  }
  for (const part of root.querySelectorAll("[data-minutes-since]")) {
    const words = minutes(Math.floor((nowMs - Date.parse(part.getAttribute("data-minutes-since") ?? "")) / 60_000));
    if (part.textContent !== words) part.textContent = words;
  }
}

/** @param {number} count */
function minutes(count) {
  return ngettext("%(num)s minute", "%(num)s minutes", count);
}
