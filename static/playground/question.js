// The form: what is asked, as a body of Chat Completions without its model, and what of it stands in the address.
const NUMBERS = ["temperature", "top_p", "max_tokens"];
const MOST_BYTES = 10 * 2 ** 20; // of an image
const NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const EXAMPLE = [{
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather in a city now",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
}];
const form = document.getElementById("ask");
const fields = form.elements;
const part = (id) => document.getElementById(id);
let image = "";

// Throws an Error that says what is wrong.
function toolsIn(text) {
  if (!text.trim()) return [];
  let tools;
  try {
    tools = JSON.parse(text);
  } catch (error) {
    throw new Error(`This is no JSON: ${error.message}.`);
  }
  if (!Array.isArray(tools)) throw new Error("Write a list of tools, in square brackets.");
  tools.forEach((tool, index) => check(tool, `Tool ${index + 1}`));
  return tools;
}

function check(tool, which) {
  if (typeof tool?.type !== "string") throw new Error(`${which} has no type: write "type": "function".`);
  if (tool.type !== "function") return;
  const { name, parameters } = tool.function ?? {};
  if (!NAME.test(name ?? "")) throw new Error(`${which} needs "function" with a "name" of letters, digits, _ and -.`);
  if (parameters !== undefined && (typeof parameters !== "object" || Array.isArray(parameters) || !parameters)) throw new Error(`${which}: "parameters" must be an object, a JSON Schema.`);
}

function checkTools() {
  let wrong = "";
  try {
    toolsIn(fields.tools.value);
  } catch (error) {
    wrong = error.message;
  }
  fields.tools.setCustomValidity(wrong);
  fields.tools.setAttribute("aria-invalid", wrong !== "");
  part("tools-error").textContent = wrong;
}

function setImage(url, words = "") {
  image = url;
  part("preview").hidden = part("no-image").hidden = !url;
  part("preview").src = url || "data:,";
  part("image-error").textContent = words;
  if (!url) fields.image.value = "";
  form.dispatchEvent(new Event("change"));
}

function readImage([file]) {
  if (!file) return setImage("");
  if (!fields.image.accept.split(",").includes(file.type)) return setImage("", "Choose a PNG, JPEG, WebP or GIF.");
  if (file.size > MOST_BYTES) return setImage("", "The image is larger than 10 MB: choose a smaller one.");
  const reader = new FileReader();
  reader.addEventListener("load", () => setImage(reader.result));
  reader.readAsDataURL(file);
}

export const isWellFilled = () => {
  checkTools();
  for (const field of form.querySelectorAll(":invalid")) field.closest("details")?.setAttribute("open", "");
  return form.reportValidity();
};

export function body() {
  const { prompt, system, tools, stream, reasoning_effort: effort } = fields;
  const content = image ? [{ type: "text", text: prompt.value }, { type: "image_url", image_url: { url: image } }] : prompt.value;
  const found = { messages: [{ role: "user", content }] };
  if (system.value.trim()) found.messages.unshift({ role: "system", content: system.value });
  for (const name of NUMBERS) if (fields[name].value) found[name] = fields[name].valueAsNumber;
  if (effort.value) found.reasoning_effort = effort.value;
  const wanted = toolsIn(tools.value);
  if (wanted.length) found.tools = wanted;
  if (stream.checked) Object.assign(found, { stream: true, stream_options: { include_usage: true } });
  return found;
}

// What the question needs that a model may lack.
export const needs = () => [image && "images", fields.tools.value.trim() && "tools", !["", "none"].includes(fields.reasoning_effort.value) && "reasoning"].filter(Boolean);

export function address(names) {
  const query = new URLSearchParams(names.map((name) => ["model", name]));
  for (const name of [...NUMBERS, "reasoning_effort"]) if (fields[name].value) query.set(name, fields[name].value);
  if (!fields.stream.checked) query.set("stream", "0");
  return `${location.pathname}?${query}`;
}

export function start() {
  const query = new URLSearchParams(location.search);
  for (const name of [...NUMBERS, "reasoning_effort"]) if (query.has(name)) fields[name].value = query.get(name);
  if (!fields.reasoning_effort.value) fields.reasoning_effort.value = "";
  fields.stream.checked = query.get("stream") !== "0";
  fields.tools.addEventListener("input", () => { if (fields.tools.validationMessage) checkTools(); });
  fields.tools.addEventListener("change", checkTools);
  part("tools-example").addEventListener("click", () => { fields.tools.value = JSON.stringify(EXAMPLE, null, 2); checkTools(); });
  fields.image.addEventListener("change", () => readImage(fields.image.files));
  part("no-image").addEventListener("click", () => setImage(""));
  fields.prompt.addEventListener("paste", (event) => { if (event.clipboardData.files.length) readImage(event.clipboardData.files); });
}
