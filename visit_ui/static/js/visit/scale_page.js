// A scale on a page of its own.

import { start } from "./scale_form.js";

start(document);
const summary = document.querySelector(".error-summary");
if (summary instanceof HTMLElement) summary.focus();
