// Beside a field of parameters, in billions, the complexity factor follows what one types: an <output> with the field's
// id in `for` and the baseline in data-baseline. Without JavaScript it shows what is saved.
"use strict";

for (const output of document.querySelectorAll("output[data-baseline]")) {
  const field = document.getElementById(output.htmlFor.value);
  field?.addEventListener("input", () => {
    const factor = Number(field.value) / Number(output.dataset.baseline);
    output.value = field.value && factor > 0 ? String(Number(factor.toPrecision(4))) : "unknown";
  });
}
