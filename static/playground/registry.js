// All that the playground asks of the registry. Calls of models carry a token that lives ten minutes, in a header alone.
import { Refused } from "./errors.js";

const EARLY = 60_000; // milliseconds before its end at which a token is no longer taken
const LOOKS = [600, 700, 1000, 2000, 4000, 8000]; // milliseconds between looks for what a call cost

export const post = (url, body) => answered(fetch(url, {
  method: "POST", body, headers: { "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value },
}));

async function answered(asked) {
  const response = await asked;
  if (response.redirected) throw new Refused("You are signed out.", "Reload the page to sign in again; copy your prompt before.");
  if (response.ok) return response;
  const said = await response.json().catch(() => null);
  throw new Refused(said?.error?.message ?? `The registry answered with ${response.status}.`, "Reload the page and try again; copy your prompt before.");
}

let kept; // promise of the token at hand and when it ends

async function make() {
  const { token, life } = await (await post("/playground/token")).json();
  return { token, until: Date.now() + life * 1000 - EARLY };
}

export async function token(refused) {
  const known = await kept?.catch(() => null);
  if (!known || known.token === refused || known.until < Date.now()) kept = make();
  return (await kept).token;
}

// Ask a model; once more with a new token if this one is not taken.
export async function call(body, signal) {
  const send = (bearer) => fetch("/v1/chat/completions", {
    method: "POST", signal, body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${bearer}` },
  });
  const bearer = await token();
  const response = await send(bearer);
  return response.status === 401 ? send(await token(bearer)) : response;
}

// The models that fit some words; aborted by a newer question.
export const offers = async (query, signal) =>
  (await answered(fetch(`/playground/models?${new URLSearchParams(query)}`, { signal }))).json();

// What a call took, once it is written down; null if that does not happen soon.
export async function taken(callId) {
  for (const pause of LOOKS) {
    await new Promise((done) => setTimeout(done, pause));
    const { calls } = await (await answered(fetch(`/api/usage/calls?callId=${callId}`))).json();
    if (calls.length) return calls[0];
  }
  return null;
}
