// The same question as a program: each can be run as it is once YOUR_KEY is replaced.
const LONGEST_IMAGE = 50_000; // characters; a longer one would drown the rest

const json = (value) => JSON.stringify(value, null, 2);
const url = () => `${location.origin}/v1`;

function short({ stream_options, ...body }) { // which only counts what is shown here
  const cut = (key, value) => key === "url" && value.length > LONGEST_IMAGE ? `${value.slice(0, value.indexOf(",") + 1)}YOUR_IMAGE` : value;
  return JSON.parse(JSON.stringify(body, cut));
}

const curl = (body) => `curl ${body.stream ? "-N " : ""}${url()}/chat/completions \\
  -H "Authorization: Bearer YOUR_KEY" \\
  -H "Content-Type: application/json" \\
  --data-binary @- <<'JSON'
${json(body)}
JSON`;

// A value as Python writes it. JSON's strings are Python's too.
function literal(value, indent) {
  if (value === true) return "True";
  if (value === false) return "False";
  if (value === null) return "None";
  if (typeof value !== "object" || !Object.keys(value).length) return JSON.stringify(value);
  const inner = `${indent}    `;
  const items = Array.isArray(value)
    ? value.map((item) => literal(item, inner))
    : Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${literal(item, inner)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return `${open}\n${items.map((item) => `${inner}${item},\n`).join("")}${indent}${close}`;
}

function python(body) {
  const fields = Object.entries(body).map(([name, value]) => `    ${name}=${literal(value, "    ")},\n`).join("");
  return `from openai import OpenAI  # pip install openai

client = OpenAI(base_url="${url()}", api_key="YOUR_KEY")

answer = client.chat.completions.create(
${fields})
${body.stream ? `for chunk in answer:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)` : "print(answer.choices[0].message.content)"}`;
}

const WHOLE = "const answer = await response.json();\nconsole.log(answer.choices[0].message.content);";
const STREAM = `const decoder = new TextDecoder();
let rest = "";
for await (const chunk of response.body) {
  const lines = (rest + decoder.decode(chunk, { stream: true })).split("\\n");
  rest = lines.pop();
  for (const line of lines.filter((line) => line.startsWith("data: {"))) {
    process.stdout.write(JSON.parse(line.slice(6)).choices?.[0]?.delta?.content ?? "");
  }
}`;

const javascript = (body) => `// Node 18 or newer, as a module: save it as chat.mjs
const response = await fetch("${url()}/chat/completions", {
  method: "POST",
  headers: { Authorization: "Bearer YOUR_KEY", "Content-Type": "application/json" },
  body: JSON.stringify(${json(body).replaceAll("\n", "\n  ")}),
});
if (!response.ok) throw new Error(await response.text());
${body.stream ? STREAM : WHOLE}`;

const LANGUAGES = { curl, python, javascript };

export const snippet = (language, body) => LANGUAGES[language](short(body));
