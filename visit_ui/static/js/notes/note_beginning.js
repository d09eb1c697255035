// What a note begins with follows the visit, part by part, until somebody types there. Nothing that was typed is touched.

const TOPICS = Object.freeze(["medications", "symptoms", "alerts", "crisis"]);

/**
 * Nobody has typed into it yet.
 * @param {Element} field
 */
export function isBegun(field) {
  return field.hasAttribute("data-begun");
}

/**
 * From now on the text is a person's.
 * @param {EventTarget | null} field
 */
export function touch(field) {
  if (field instanceof HTMLTextAreaElement) field.removeAttribute("data-begun");
}

export class NoteBeginning {
  #form;
  #asked = 0;
  #follow;

  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.#form = form;
    this.#follow = () => void this.#read();
    for (const topic of TOPICS) document.body.addEventListener(`titrate:${topic}`, this.#follow);
  }

  stop() {
    this.#asked += 1;
    for (const topic of TOPICS) document.body.removeEventListener(`titrate:${topic}`, this.#follow);
  }

  async #read() {
    const fields = [...this.#form.querySelectorAll("textarea")].filter(isBegun);
    if (!fields.length) return;
    const asked = (this.#asked += 1);
    const sections = await ask(this.#form.dataset.beginning ?? "");
    if (!sections || asked !== this.#asked) return; // a later answer is under way
    for (const field of fields) {
      if (isBegun(field) && field !== document.activeElement) field.value = sections[field.name.replace(/^section-/, "")] ?? "";
    }
  }
}

/**
 * @param {string} url
 * @returns {Promise<Record<string, string> | null>} null: nobody could be asked; what stands there stays
 */
async function ask(url) {
  try {
    const answer = await fetch(url, { headers: { Accept: "application/json" }, redirect: "error" });
    return answer.ok ? (await answer.json()).sections : null;
  } catch {
    return null;
  }
}
