// A word that goes away by itself: never clinical, never the only place where something is said.

import { _ } from "./texts.js";

const SHOWN_MS = 6000;
const ICONS = new URL("../icons.svg", import.meta.url).href; // beside this file, in the same version

/** @typedef {{tone?: "plain" | "good" | "warning", icon?: string}} ToastLook */

/**
 * @param {string} name of a symbol in the sprite
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${ICONS}#${name}`);
  svg.append(use);
  return svg;
}

/**
 * Show a message for six seconds; pointing at it or focusing it stops the clock.
 * @param {string} message
 * @param {ToastLook} [look]
 * @returns {() => void} closes it
 */
export function toast(message, look = {}) {
  const region = document.getElementById("toasts");
  if (!region) return () => {};
  const { tone = "plain", icon: iconName = "info" } = look;
  const box = document.createElement("div");
  const text = document.createElement("p");
  const button = document.createElement("button");
  box.className = `toast ${tone}`;
  text.textContent = message;
  button.className = "button quiet";
  button.type = "button";
  button.setAttribute("aria-label", _("Close"));
  button.append(icon("x"));
  box.append(icon(iconName), text, button);

  let timer = 0;
  const close = () => {
    clearTimeout(timer);
    box.remove();
  };
  const run = () => {
    clearTimeout(timer);
    timer = window.setTimeout(close, SHOWN_MS);
  };
  const hold = () => clearTimeout(timer);
  button.addEventListener("click", close);
  box.addEventListener("pointerenter", hold);
  box.addEventListener("pointerleave", run);
  box.addEventListener("focusin", hold);
  box.addEventListener("focusout", run);
  region.append(box);
  run();
  return close;
}
