// Buttons marked data-copy put the text of the element of that id, or their data-text, on the clipboard. They are hidden
// until this runs: without it one selects the text.
"use strict";

(() => {
  async function copy(button) {
    const text = button.dataset.text ?? document.getElementById(button.dataset.copy).textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      return; // not allowed here: the text can still be selected
    }
    const words = button.dataset.words ?? (button.dataset.words = button.textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = words; }, 1500);
  }

  const show = () => document.querySelectorAll("[data-copy][hidden]").forEach((button) => { button.hidden = !navigator.clipboard; });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });
  document.addEventListener("swapped", show);
  show();
})();
