// What every page does: send the token, leave who types alone, keep focus on swaps, listen for changes, watch for idleness.

import * as csrf from "./csrf.js";
import * as inlineStyles from "./inline_styles.js";
import * as live from "./live.js";
import * as sending from "./sending.js";
import * as session from "./session.js";
import * as swaps from "../visit/swaps.js";
import * as typing from "./typing.js";

csrf.start();
typing.start();
swaps.start();
inlineStyles.start();
live.start();
const watch = session.start();
if (watch) sending.start(watch);

/** The account menu closes on Escape and on a click elsewhere, as menus do. */
const menu = document.querySelector("details.who");
if (menu instanceof HTMLDetailsElement) {
  document.addEventListener("click", (event) => {
    if (menu.open && event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
}
