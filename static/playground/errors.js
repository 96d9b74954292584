// What went wrong, and what to do about it, in plain words.
const AGAIN = "Send it again, or choose another model.";
const WHAT_TO_DO = {
  401: "Reload the page, and sign in again if it asks.",
  402: "Choose a cheaper model, or ask an admin for a larger budget.",
  403: "Choose another model, or ask for access on the page Access.",
  404: "Choose another model.",
  410: "Choose another model.",
  413: "Send less: a shorter prompt, or a smaller image.",
};

export class Refused extends Error {
  constructor(message, toDo) {
    super(message);
    this.toDo = toDo;
  }
}

// Of an answer that says in JSON why it is none.
export function refusal(status, error, wait) {
  const param = error?.param && error.param !== "model" ? `Change or clear ${error.param}, and send it again.` : "";
  const later = wait ? `Wait ${wait} second${wait === "1" ? "" : "s"}, then send it again.` : "";
  const usual = status >= 500 || status === 429 ? AGAIN : "Change the prompt or the parameters, and send it again.";
  return new Refused(error?.message ?? `The registry answered with ${status}.`, later || WHAT_TO_DO[status] || param || usual);
}

// Of whatever ended an answer before its end: what happened, and what to do.
export function mishap(error) {
  if (error instanceof Refused) return [error.message, error.toDo];
  if (error instanceof TypeError) return ["The connection to the registry broke off.", "See whether you are online, and send it again."];
  if (error instanceof SyntaxError) return ["The answer cannot be read.", AGAIN];
  return [error.message, AGAIN];
}
