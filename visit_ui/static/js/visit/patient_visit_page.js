// The patient's and the guest's call: the call itself, scales that are sent into it, and the way out when the visit has ended.

import * as keptCall from "../call/kept_call.js";
import * as scaleForm from "./scale_form.js";

const stage = document.querySelector("[data-call]");
if (stage instanceof HTMLElement) {
  const call = keptCall.start(stage);
  const stopScale = scaleForm.start(document);
  window.addEventListener("pagehide", () => {
    stopScale();
    call.stop();
  }, { once: true });
}
