// Copying, and the dialog that shows a text to copy by hand where the browser does not let us.
import { snippet } from "./snippets.js";

const part = (id) => document.getElementById(id);
const dialog = part("shown"), text = part("shown-text");
let draw = () => {};

export async function copy(words, button) {
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    return dialog.open ? byHand() : show("Copy this", words, false);
  }
  const label = button.dataset.words ??= button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = label; }, 1500);
}

function show(title, words, isCode) {
  part("shown-title").textContent = title;
  part("shown-choice").hidden = !isCode;
  part("shown-note").textContent = "";
  text.value = words;
  dialog.showModal();
  if (!isCode) byHand();
}

function byHand() {
  text.focus();
  text.select();
  part("shown-note").textContent = "It is selected: copy it with Ctrl+C.";
}

export function showCode(body, models) {
  const choice = part("of-model");
  choice.replaceChildren(...models.map((model) => new Option(model.label, model.name)));
  choice.hidden = choice.labels[0].hidden = models.length < 2;
  draw = () => { text.value = snippet(part("language").value, { model: choice.value, ...body }); };
  show("The same as code", "", true);
  draw();
}

part("shown-choice").addEventListener("change", () => draw());
part("shown-copy").addEventListener("click", (event) => copy(text.value, event.target));
