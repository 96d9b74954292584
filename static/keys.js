// A list of cards by keyboard: j and k move, a letter presses what is marked with it in the card (data-key), or goes to
// the field that has it (data-focus-key). And two small things of forms: a box that ticks all others (data-all), and a
// mark that acts as soon as it is set (data-act).
"use strict";

(() => {
  let place = 0; // of the card one was last on

  const cards = () => [...document.querySelectorAll(".card")];
  const here = () => document.activeElement?.closest(".card") ?? null;

  function go(index) {
    const all = cards();
    place = Math.max(0, Math.min(index, all.length - 1));
    all[place]?.focus();
  }

  function move(step) {
    const at = cards().indexOf(here());
    go(at < 0 ? (step > 0 ? place : place - 1) : at + step);
  }

  function press(key, event) {
    const field = document.querySelector(`[data-focus-key="${CSS.escape(key)}"]`);
    const marked = here()?.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!field && !marked) return;
    event.preventDefault();
    if (field) return field.select();
    marked.click();
  }

  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
    if (event.key === "Escape" && typing) return event.target.blur();
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else press(event.key, event);
  });

  document.addEventListener("change", (event) => {
    const { all, act } = event.target.dataset;
    if (all) for (const box of event.target.form.querySelectorAll(`input[name="${all}"]`)) box.checked = event.target.checked;
    if (act) {
      const button = Object.assign(document.createElement("button"), { name: "act", value: act, hidden: true });
      event.target.form.append(button);
      button.click();
    }
  });

  // The card that was acted on is gone or elsewhere: one stays at its place in the list.
  let acted = false;
  document.addEventListener("submit", () => {
    acted = here() !== null;
    if (acted) place = cards().indexOf(here());
  });
  document.addEventListener("swapped", (event) => {
    show();
    if (event.detail.id !== "panel") return;
    if (acted) go(place);
    acted = false;
  });
  const show = () => document.querySelectorAll(".keys[hidden]").forEach((hint) => { hint.hidden = false; });
  show();
})();
