// The sheet for a certified system is printed from its own page; without a script, by the browser's menu.

const button = document.querySelector("[data-print]");

if (button instanceof HTMLButtonElement) {
  const print = () => window.print();
  button.hidden = false;
  button.addEventListener("click", print);
  window.addEventListener("pagehide", () => button.removeEventListener("click", print), { once: true });
}
