// Texts in the reader's language. They stand in English where they belong; a page in another language carries the others.

/** @typedef {Record<string, string | Record<string, string>>} Texts a plural has one for each category of Intl.PluralRules */

let texts = /** @type {Texts | null} */ (null);

/** @returns {Texts} empty: the page is in English */
function carried() {
  texts ??= JSON.parse(document.getElementById("texts")?.textContent ?? "{}");
  return /** @type {Texts} */ (texts);
}

function language() {
  return document.documentElement.lang || "en";
}

/**
 * @param {string} words
 * @param {Record<string, string | number>} values
 */
function filled(words, values) {
  return words.replace(/%\((\w+)\)s/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * A text with its values: `_("%(name)s left.", { name })`. Gathered by `make messages`, so the text is a literal.
 * @param {string} text
 * @param {Record<string, string | number>} [values]
 */
export function _(text, values = {}) {
  const found = carried()[text];
  return filled(typeof found === "string" ? found : text, values);
}

/**
 * A text that depends on how many; `%(num)s` is the number.
 * @param {string} one
 * @param {string} many
 * @param {number} num
 * @param {Record<string, string | number>} [values]
 */
export function ngettext(one, many, num, values = {}) {
  const found = carried()[one];
  const english = num === 1 ? one : many;
  const words = found && typeof found !== "string" ? found[new Intl.PluralRules(language()).select(num)] ?? english : english;
  return filled(words, { num, ...values });
}

/**
 * "Ada and Sam", "Ada, Sam, and Noa".
 * @param {readonly string[]} names
 */
export function together(names) {
  return new Intl.ListFormat(language(), { type: "conjunction" }).format(names);
}
