// While one types in a field with data-suggest-url, its datalist is filled with what the server finds there for it.
// Without JavaScript the list is the short one that came with the page, and anything may be typed.
"use strict";

(() => {
  const PAUSE = 150; // milliseconds without a key before the server is asked
  let waiting;

  async function suggest(field) {
    const typed = field.value.trim();
    try {
      const answer = await fetch(`${field.dataset.suggestUrl}?q=${encodeURIComponent(typed)}`);
      if (!answer.ok || answer.redirected || field.value.trim() !== typed) return;
      const { names } = await answer.json();
      field.list.replaceChildren(...names.map((name) => new Option("", name)));
    } catch {
      // The field works without suggestions.
    }
  }

  document.addEventListener("input", (event) => {
    if (!event.target.matches("input[data-suggest-url]")) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => suggest(event.target), PAUSE);
  });
})();
