// Times as the pages write them.

/**
 * "9:05 PM", as the page writes its other times: in the reader's zone and the clinic's locale, which the body names.
 * @param {Date} at
 */
export function clock(at) {
  const { locale, zone } = document.body.dataset;
  const written = new Intl.DateTimeFormat(locale, { timeStyle: "short", timeZone: zone });
  return written.format(at).replace(/[ \u202f\u2009]/g, "\u00a0");
}
