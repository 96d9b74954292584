// An answer of Chat Completions in pieces, streamed or whole: {text, thoughts, calls, finish, usage, error}.
export async function* pieces(response) {
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
    yield piece(await response.json());
    return;
  }
  for await (const line of lines(response.body)) {
    if (line.startsWith("data: {")) yield piece(JSON.parse(line.slice(6)));
  }
}

async function* lines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ;) {
    const { done, value = "" } = await reader.read();
    const found = (rest + value).split("\n");
    rest = found.pop();
    yield* found;
    if (done) return yield rest;
  }
}

function piece({ choices, usage, error }) {
  const choice = choices?.[0] ?? {};
  const said = choice.delta ?? choice.message ?? {};
  const parts = Array.isArray(said.content) ? said.content : [{ text: said.content }];
  const thoughts = said.reasoning_content ?? said.reasoning ?? texts(said.reasoning_details) + texts(parts.flatMap((part) => part.thinking ?? []));
  return { text: texts(parts) + (said.refusal ?? ""), thoughts, calls: said.tool_calls ?? [], finish: choice.finish_reason, usage, error };
}

const texts = (parts) => (parts ?? []).map((part) => part.text ?? part.summary ?? "").join("");
