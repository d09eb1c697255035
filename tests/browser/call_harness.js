// The smallest page that can call: it puts everything a test asks about on `window.harness`.

import { Call } from "/static/js/call/call.js";
import { openDevice, LevelMeter } from "/static/js/devices/devices.js";
import { QualityMeter, measureLine } from "/static/js/call/quality.js";

const { who, ticket, room, camera } = Object.fromEntries(new URLSearchParams(location.search));
const log = [];
const harness = { log, people: [], closed: null, quality: null, level: 0, startedAt: 0, firstFrameMs: null };
window.harness = harness;

const [audio, video] = await Promise.all([openDevice("audio"), camera === "off" ? null : openDevice("video")]);
if (video) document.querySelector("#self").srcObject = new MediaStream([video]);
const call = new Call({ url: `/call/${who}`, room, ticket, participant: who, audio, video });
const meter = new QualityMeter(() => call.connection);
const level = new LevelMeter(audio);
Object.assign(harness, { call, audio, video, openDevice, measure: () => measureLine(meter, 3) });

level.addEventListener("level", (event) => { harness.level = Math.max(harness.level, event.detail); });
meter.addEventListener("quality", (event) => { harness.quality = event.detail; });
for (const name of ["state", "people", "network", "trouble", "closed"]) {
  call.addEventListener(name, (event) => log.push([name, JSON.parse(JSON.stringify(event.detail))]));
}
call.addEventListener("closed", (event) => { harness.closed = event.detail; });
call.addEventListener("people", (event) => {
  harness.people = event.detail;
  const box = document.querySelector("#others");
  for (const other of event.detail) {
    let element = box.querySelector(`[data-who="${other.participant}"]`);
    if (!element) {
      element = Object.assign(document.createElement("video"), { autoplay: true, playsInline: true });
      element.dataset.who = other.participant;
      element.addEventListener("loadeddata", () => { harness.firstFrameMs ??= performance.now() - harness.startedAt; });
      box.append(element);
    }
    if (element.srcObject !== other.stream) element.srcObject = other.stream;
  }
  for (const element of box.querySelectorAll("video")) {
    if (!event.detail.some((other) => other.participant === element.dataset.who)) element.remove();
  }
});

/** What arrives in each slot, by the stream's own statistics. */
harness.received = async () => {
  const stats = await call.connection?.getStats();
  const found = { video: [], audio: [] };
  stats?.forEach((one) => {
    if (one.type === "inbound-rtp" && one.packetsReceived) {
      found[one.kind].push({
        packets: one.packetsReceived, frames: one.framesDecoded, width: one.frameWidth, energy: one.totalAudioEnergy,
        freezes: one.freezeCount, lost: one.packetsLost,
      });
    }
  });
  return found;
};
harness.sent = async () => {
  const stats = await call.connection?.getStats();
  const found = [];
  stats?.forEach((one) => {
    if (one.type === "outbound-rtp") {
      found.push({ kind: one.kind, packets: one.packetsSent, width: one.frameWidth, target: one.targetBitrate, limit: one.qualityLimitationReason });
    }
  });
  return found;
};
harness.startedAt = performance.now();
call.start();
harness.ready = true;
