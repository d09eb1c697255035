// The TURN server that the page was given, with credentials for this person and a few hours.

/**
 * @param {DOMStringMap} data of the element that carries the call
 * @returns {RTCIceServer[]} empty: the clinic has none
 */
export function iceServersOf(data) {
  const { turnUrl: urls, turnUser: username, turnPassword: credential } = data;
  return urls && username && credential ? [{ urls, username, credential }] : [];
}
