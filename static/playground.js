// The playground: one question to one to four models, side by side. What it does stands in static/playground/.
import { Answer } from "./playground/answer.js";
import { mishap } from "./playground/errors.js";
import { Picker } from "./playground/picker.js";
import { address, body, isWellFilled, needs, start } from "./playground/question.js";
import { post } from "./playground/registry.js";
import { showCode, copy } from "./playground/sharing.js";

const MOST = 4;
const TWICE = 500; // milliseconds within which a second click is none
const part = (id) => document.getElementById(id);
const { chosen, reasons } = JSON.parse(part("playground-data").textContent);
const form = part("ask"), list = part("answers");
let answers = [];
let sentAt = -TWICE;

const say = (words) => { part("status").textContent = words; };
const names = () => answers.map((answer) => answer.model.name);
const busy = () => answers.filter((answer) => answer.isBusy);

// Columns that stay keep what they show.
function line(models) {
  const kept = new Map(answers.map((answer) => [answer.model.name, answer]));
  answers = models.map((model) => kept.get(model.name) ?? column(model));
  for (const [name, answer] of kept) if (!names().includes(name)) answer.stop();
  list.replaceChildren(...answers.map((answer) => answer.element));
  list.dataset.count = answers.length;
  if (!models.length) say("Choose a model first.");
  followed();
}

function column(model) {
  const answer = new Answer(model, reasons);
  answer.parts.copy.addEventListener("click", () => copy(answer.text, answer.parts.copy));
  answer.parts.keep.addEventListener("click", () => keep(answer));
  answer.parts.better.addEventListener("click", () => prefer(answer));
  return answer;
}

// What follows from the form and from the state of the answers.
function followed() {
  const wanted = needs();
  for (const { model, parts } of answers) {
    const lacking = wanted.filter((need) => model.cannot.includes(need));
    parts.warning.textContent = lacking.length ? `Its sources say it takes no ${lacking.join(" and no ")}.` : "";
  }
  part("stop").disabled = !busy().length;
  part("send").disabled = !answers.length;
  const ratable = answers.filter((answer) => answer.isRatable).length > 1 && !busy().length;
  for (const answer of answers) {
    const { keep, better } = answer.parts;
    answer.name("keep", answer.isKept ? "Kept" : "Keep");
    answer.name("better", answers.length > 2 ? "Best" : "Better");
    keep.disabled = !answer.isRatable || answer.isKept;
    better.hidden = answers.length < 2;
    better.disabled = !(ratable && answer.isRatable);
  }
  history.replaceState(null, "", address(names()));
}

async function send() {
  if (!isWellFilled() || !answers.length) return;
  if (busy().length && performance.now() - sentAt < TWICE) return;
  sentAt = performance.now();
  const question = body();
  say(answers.length > 1 ? `Asking ${answers.length} models …` : "Asking …");
  const asked = answers.map((answer) => ask(answer, question));
  followed();
  await Promise.all(asked);
  if (!busy().length) say(summary());
}

async function ask(answer, question) {
  answer.parts.better.setAttribute("aria-pressed", "false");
  await answer.ask(question);
  followed();
  await answer.settle();
  followed();
}

function summary() {
  const count = (state, words) => {
    const many = answers.filter((answer) => answer.state === state).length;
    return many ? `${many} ${words}` : "";
  };
  return [count("done", "answered"), count("stopped", "stopped"), count("failed", "failed")].filter(Boolean).join(", ");
}

function stopAll() {
  for (const answer of busy()) answer.stop();
}

async function prefer(answer) {
  const others = answers.filter((one) => one !== answer && one.isRatable);
  try {
    await post("/playground/better", new URLSearchParams([["chosen", answer.callId], ...others.map((one) => ["other", one.callId])]));
    for (const one of answers) one.parts.better.setAttribute("aria-pressed", one === answer);
    say(`Kept: ${answer.model.label} answered best.`);
  } catch (error) {
    say(`It could not be kept. ${mishap(error).join(" ")}`);
  }
}

async function keep(answer) {
  answer.isKept = true;
  followed();
  try {
    const body = JSON.stringify({ callId: answer.callId, messages: answer.asked, answer: answer.message });
    const { conversationId } = await (await post("/playground/keep", body)).json();
    say(`Kept as conversation ${conversationId}.`);
  } catch (error) {
    answer.isKept = false;
    followed();
    say(`It could not be kept. ${mishap(error).join(" ")}`);
  }
}

start();
new Picker(chosen, MOST, line);
line(chosen);
form.addEventListener("submit", (event) => { event.preventDefault(); send(); });
form.addEventListener("change", followed);
part("stop").addEventListener("click", stopAll);
part("link").addEventListener("click", () => copy(location.href, part("link")));
part("code").addEventListener("click", () => { if (isWellFilled() && answers.length) showCode(body(), answers.map((answer) => answer.model)); });
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form.contains(event.target)) {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.key === "Escape" && !part("shown").open) stopAll();
});
