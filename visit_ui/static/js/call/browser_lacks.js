// What a browser may lack that a call can't be held without. Named as the browser's, or nobody would know where to look.

import { _ } from "../shell/texts.js";

/** @typedef {"insecure" | "calls"} Lack insecure: the address is not https, so no browser gives a camera; calls: no WebRTC */

/**
 * @param {{isSecureContext?: boolean, RTCPeerConnection?: unknown}} [browser]
 * @returns {Lack | null} null: nothing is lacking
 */
export function lackOf(browser = window) {
  if (browser.isSecureContext === false) return "insecure";
  return typeof browser.RTCPeerConnection === "function" ? null : "calls";
}

/**
 * What stands in place of the call, and what the device check says. Pure.
 * @param {Lack} lack
 * @returns {{title: string, words: string}}
 */
export function lackWords(lack) {
  if (lack === "insecure") return {
    title: _("This page did not open securely"),
    words: _("Browsers share the camera and microphone only with pages whose address starts with https. Open the link the clinic sent you."),
  };
  return {
    title: _("This browser can't make video calls"),
    words: _("Open this page in an up-to-date Chrome, Edge, Firefox, or Safari, or on a phone. If calls (WebRTC) are turned off in this browser, turn them on."),
  };
}
