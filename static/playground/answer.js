// One model's column: its answer as it streams, what it took, and where it came from.
import { mishap, refusal } from "./errors.js";
import { call, taken, token } from "./registry.js";
import { pieces } from "./stream.js";

const FIGURES = ["first", "total", "speed", "input", "output", "cost"];
const NONE = "–", UNKNOWN = "unknown";
const STATES = { waiting: "waiting …", answering: "answering …", done: "done", stopped: "stopped", failed: "failed" };
const ENDINGS = { length: "cut off at the most tokens allowed", content_filter: "held back by the provider's filter" };
const number = new Intl.NumberFormat("en");
const cost = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

const span = (milliseconds) => milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;

export class Answer {
  constructor(model, reasons) {
    this.model = model;
    this.reasons = reasons;
    this.element = document.getElementById("answer").content.firstElementChild.cloneNode(true);
    this.parts = Object.fromEntries([...this.element.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
    this.parts.label.textContent = model.label;
    this.parts.id.textContent = model.id || "route";
    this.element.setAttribute("aria-label", model.label);
    for (const part of ["stop", "copy"]) this.name(part, this.parts[part].textContent);
    this.parts.stop.addEventListener("click", () => this.stop());
    this.clear("");
  }

  get isBusy() { return ["waiting", "answering"].includes(this.state); }
  get text() { return this.parts.text.textContent; }

  clear(state) {
    const { text, thoughts, calls, reasoning, served, error } = this.parts;
    [text, thoughts, calls, served].forEach((part) => part.replaceChildren());
    [text, thoughts].forEach((part) => part.append(""));
    reasoning.hidden = error.hidden = true;
    for (const part of FIGURES) this.show(part, NONE);
    this.tools = [];
    this.callId = this.call = this.first = this.tokens = null;
    this.isKept = false;
    this.mark(state);
  }

  show(part, words) { this.parts[part].textContent = words; }

  // A button that every column has.
  name(part, words) {
    this.show(part, words);
    this.parts[part].setAttribute("aria-label", `${words}: ${this.model.label}`);
  }

  mark(state) {
    this.state = this.element.dataset.state = state;
    this.show("state", STATES[state] ?? "");
    this.parts.stop.disabled = !this.isBusy;
    this.parts.copy.disabled = !this.text;
    this.parts.said.setAttribute("aria-busy", this.isBusy);
  }

  stop() { this.controller?.abort(); }

  // Put a question; settles when the answer has ended in whatever way.
  async ask(body) {
    this.stop();
    const controller = this.controller = new AbortController();
    this.clear("waiting");
    this.asked = body.messages;
    this.begun = performance.now();
    const clock = setInterval(() => this.show("total", span(performance.now() - this.begun)), 100);
    try {
      await token(); // before the clock starts: it is not the model's
      this.begun = performance.now();
      await this.read(await call({ ...body, model: this.model.name }, controller.signal));
      this.mark("done");
    } catch (error) {
      if (this.controller !== controller) return; // the next question is being answered
      if (controller.signal.aborted) this.mark("stopped");
      else this.fail(...mishap(error));
    } finally {
      clearInterval(clock);
    }
    this.total = performance.now() - this.begun;
    this.show("total", span(this.total));
    this.showSpeed();
  }

  async read(response) {
    this.callId = response.headers.get("x-request-id");
    this.note(response);
    if (!response.ok) {
      const said = await response.json().catch(() => null);
      throw refusal(response.status, said?.error, response.headers.get("retry-after"));
    }
    for await (const piece of pieces(response)) {
      if (piece.error) throw refusal(502, piece.error);
      this.add(piece);
    }
  }

  note({ headers, ok }) {
    const model = headers.get("x-registry-model");
    const why = this.reasons[headers.get("x-registry-reason")];
    if (model) this.show("served", `${ok ? "Served by" : "Tried:"} ${model}${why ? `, ${why}` : ""}`);
  }

  add({ text, thoughts, calls, finish, usage }) {
    const { said } = this.parts;
    const follows = said.scrollTop + said.clientHeight >= said.scrollHeight - 20;
    if ((text || thoughts || calls.length) && this.first === null) {
      this.first = performance.now() - this.begun;
      this.show("first", span(this.first));
      this.mark("answering");
    }
    this.parts.text.firstChild.appendData(text);
    this.parts.thoughts.firstChild.appendData(thoughts);
    this.parts.reasoning.hidden &&= !thoughts;
    calls.forEach((part, index) => this.addCall(part, part.index ?? index));
    if (ENDINGS[finish]) this.parts.served.append(`. It was ${ENDINGS[finish]}.`);
    if (usage) this.count(usage.prompt_tokens, usage.completion_tokens);
    if (follows) said.scrollTop = said.scrollHeight;
  }

  addCall(part, index) {
    const tool = this.tools[index] ??= { id: part.id, name: "", arguments: "", shown: this.parts.calls.appendChild(document.createElement("pre")) };
    tool.name += part.function?.name ?? "";
    tool.arguments += part.function?.arguments ?? "";
    tool.shown.textContent = `${tool.name}(${pretty(tool.arguments)})`;
  }

  count(input, output) {
    this.show("input", number.format(input));
    this.show("output", number.format(output));
    this.tokens = output;
  }

  // Of a stream alone: a whole answer comes in one moment.
  showSpeed() {
    const seconds = (this.total - this.first) / 1000;
    if (this.first && this.tokens && seconds > 0.1) this.show("speed", `${number.format(Math.round(this.tokens / seconds))} / s`);
  }

  fail(what, toDo) {
    this.mark("failed");
    this.parts.error.replaceChildren(...[what, toDo].map((words) => Object.assign(document.createElement("p"), { textContent: words })));
    this.parts.error.hidden = false;
  }

  // What the call took by the registry's own books, which are written a moment later; whether it stands in them.
  async settle() {
    const callId = this.callId;
    if (!callId || this.isBusy || this.state === "failed") return;
    this.show("cost", "…");
    const found = await taken(callId).catch(() => null);
    if (this.callId !== callId) return;
    this.call = found;
    if (found?.inputTokens != null && found.outputTokens != null) this.count(found.inputTokens, found.outputTokens);
    this.showSpeed();
    this.show("cost", found?.cost == null ? UNKNOWN : found.cost ? cost.format(found.cost) : "free");
  }

  get message() {
    const calls = this.tools.map(({ id, name, arguments: text }) => ({ id, type: "function", function: { name, arguments: text } }));
    return { role: "assistant", content: this.text || null, ...(calls.length && { tool_calls: calls }) };
  }

  get isRatable() { return this.state === "done" && this.call !== null; }
}

function pretty(json) {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json; // not all of it is there yet
  }
}
