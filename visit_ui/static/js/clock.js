// Times as the pages write them.

/**
 * "9:05", as the page writes its other times: in the person's zone, which the body names; the browser's zone if it does not.
 * @param {Date} at
 */
export function clock(at) {
  const written = new Intl.DateTimeFormat("en-GB", { hour: "numeric", minute: "2-digit", timeZone: document.body.dataset.zone });
  return written.format(at).replace(/^0(?=\d)/, "");
}
