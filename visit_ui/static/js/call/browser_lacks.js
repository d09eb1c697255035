// What a browser may lack that a call can't be held without. Named as the browser's, or nobody would know where to look.

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
    title: "This page is not opened securely",
    words: "A browser gives its camera and microphone only to pages whose address begins with https. Open the address that the clinic sent you.",
  };
  return {
    title: "This browser can't hold a video call",
    words: "Open this page in a current Chrome, Edge, Firefox or Safari, or on a phone. If calls (WebRTC) were turned off in this browser, turn them on.",
  };
}
