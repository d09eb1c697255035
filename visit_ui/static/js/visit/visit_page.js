// The prescriber's visit: wires the call, the panel, the note and the keys. Nothing else.

import * as keptCall from "../call/kept_call.js";
import * as keys from "./keys.js";
import * as noteState from "../notes/note_state.js";
import * as orderForm from "./order_form.js";
import * as opens from "../shell/opens.js";
import * as orderText from "./order_text.js";
import { Panel, TABS } from "./panel.js";
import * as timeline from "./timeline.js";

const layout = document.querySelector("[data-visit-layout]");
if (layout instanceof HTMLElement) {
  const panel = new Panel(layout);
  const stage = layout.querySelector("[data-call]");
  const call = stage instanceof HTMLElement ? keptCall.start(stage) : null;

  layout.querySelector('[data-act="chart"]')?.addEventListener("click", () => panel.hide(!panel.hidden));
  const keysOn = layout.querySelector("[data-keys-on]");
  if (keysOn instanceof HTMLInputElement) {
    keysOn.checked = keys.keysOn();
    keysOn.addEventListener("change", () => keys.setKeys(keysOn.checked));
  }

  const stops = [
    timeline.start(layout),
    noteState.start(),
    orderForm.start(layout),
    opens.start(),
    orderText.start(layout),
    keys.start({
      m: () => call?.toggleMute(),
      v: () => call?.toggleCamera(),
      ...Object.fromEntries(TABS.map((name, index) => [String(index + 1), () => panel.open(name)])),
      5: () => panel.hide(!panel.hidden),
      "?": () => call?.toggleDrawer("keys"),
    }),
    () => panel.stop(),
    () => call?.stop(),
  ];
  window.addEventListener("pagehide", () => stops.forEach((stop) => stop()), { once: true });
}
