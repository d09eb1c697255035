// The three selects of the devices: filled from what is plugged in, and what was chosen takes effect at once.

import { canChooseSpeaker, listDevices, notAllowed, watchDevices } from "./devices.js";
import { _ } from "../shell/texts.js";

/** @typedef {import("./devices.js").DeviceKind} DeviceKind */

/**
 * @param {HTMLSelectElement} select
 * @param {readonly import("./devices.js").Device[]} devices
 * @param {string} chosen
 * @param {string} none what it says when there is none
 */
export function fill(select, devices, chosen, none = _("None found")) {
  const options = devices.map((device) => new Option(device.label, device.id, false, device.id === chosen));
  select.replaceChildren(...(options.length ? options : [new Option(none, "")]));
  select.disabled = devices.length === 0;
}

/**
 * @param {Element} root holds selects with `data-device`
 * @param {() => Partial<Record<DeviceKind, string>>} inUse ids of the devices in use
 * @param {(kind: DeviceKind, id: string) => void} onChoose
 * @returns {{refresh: () => Promise<void>, stop: () => void}}
 */
export function start(root, inUse, onChoose) {
  const selects = [...root.querySelectorAll("select[data-device]")].filter((one) => one instanceof HTMLSelectElement);
  const refresh = async () => {
    const [devices, kept] = [await listDevices(), await notAllowed()];
    for (const select of selects) {
      const kind = /** @type {DeviceKind} */ (select.dataset.device);
      fill(select, devices[kind], inUse()[kind] ?? "", kept.has(kind) ? _("Not allowed in this browser") : undefined);
    }
    root.querySelector("[data-speaker-field]")?.toggleAttribute("hidden", !canChooseSpeaker());
  };
  /** @param {Event} event */
  const onChange = (event) => {
    const select = event.target;
    if (!(select instanceof HTMLSelectElement) || !select.dataset.device) return;
    onChoose(/** @type {DeviceKind} */ (select.dataset.device), select.value);
  };
  root.addEventListener("change", onChange);
  const unwatch = watchDevices(() => void refresh());
  return {
    refresh,
    stop: () => {
      root.removeEventListener("change", onChange);
      unwatch();
    },
  };
}
