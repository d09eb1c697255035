// The page's token goes with every htmx request, and follows when the session is renewed.

/** @returns {string} the token of this page; empty when nobody is signed in */
export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
}

/**
 * After signing in again the old token is void: put the new one wherever the page carries it.
 * @param {string} token
 */
export function renewToken(token) {
  document.querySelector('meta[name="csrf-token"]')?.setAttribute("content", token);
  for (const input of document.querySelectorAll('input[name="csrf_token"]')) {
    if (input instanceof HTMLInputElement) input.value = token;
  }
}

/**
 * @param {Event} event
 */
function addHeader(event) {
  if (!(event instanceof CustomEvent)) return;
  const headers = event.detail?.ctx?.request?.headers;
  if (headers) headers["X-CSRF-Token"] = csrfToken();
}

/** @returns {() => void} stops it */
export function start() {
  document.addEventListener("htmx:config:request", addHeader);
  return () => document.removeEventListener("htmx:config:request", addHeader);
}
