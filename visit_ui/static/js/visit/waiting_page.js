// The waiting room: says when the visit begins, with a soft chime, and goes in. Shows what the device check found in this tab.

import { choiceOf, foundWords } from "../call/join_choice.js";
import { passing } from "../shell/passing_time.js";
import * as scaleForm from "./scale_form.js";

const LOOK_EVERY_MS = 15_000;
const GO_AFTER_MS = 1200; // time to hear the chime and to read the line

/** Two soft notes; a browser that has not been touched yet stays silent, and the line on the page says the same. */
function chime() {
  try {
    const audio = new AudioContext();
    for (const [at, pitch] of [[0, 523.25], [0.35, 659.25]]) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = pitch ?? 0;
      const start = audio.currentTime + (at ?? 0);
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(0.12, start + 0.04);
      volume.gain.exponentialRampToValueAtTime(0.001, start + 0.7);
      tone.connect(volume).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.75);
    }
    window.setTimeout(() => void audio.close(), 2000);
  } catch {
    // No sound on this device: the page goes in all the same.
  }
}

let going = 0;

function goIn() {
  const admitted = document.querySelector("[data-admitted]");
  const url = admitted?.getAttribute("data-admitted");
  if (!url || going) return;
  chime();
  going = window.setTimeout(() => location.assign(url), GO_AFTER_MS);
}

function showDevices() {
  const { passed, words } = foundWords(choiceOf());
  document.querySelector("[data-device-mark]")?.classList.toggle("done", passed);
  const line = document.querySelector("[data-device-state]");
  if (line) line.textContent = words;
}

const timer = window.setInterval(() => passing(document, Date.now()), LOOK_EVERY_MS);
document.addEventListener("htmx:after:swap", goIn);
window.addEventListener("pagehide", () => {
  document.removeEventListener("htmx:after:swap", goIn);
  clearInterval(timer);
  clearTimeout(going);
}, { once: true });
showDevices();
scaleForm.start(document);
goIn();
