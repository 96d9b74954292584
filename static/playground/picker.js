// The field under which models are chosen: what is typed narrows a list that stays open while one chooses several.
import { offers } from "./registry.js";

const PAUSE = 150; // milliseconds without a key before the list is asked for
const PAGE = 8; // options that Page Up and Page Down pass
const part = (id) => document.getElementById(id);
const make = (tag, className, ...content) => {
  const made = Object.assign(document.createElement(tag), { className });
  made.append(...content);
  return made;
};

export class Picker {
  constructor(chosen, most, changed) {
    Object.assign(this, { chosen, most, changed, found: [], active: -1 });
    [this.input, this.drop, this.list, this.note] = ["pick", "drop", "offers", "offers-note"].map(part);
    const root = this.input.closest(".picker");
    this.input.addEventListener("input", () => this.open());
    this.input.addEventListener("click", () => this.open());
    this.input.addEventListener("keydown", (event) => this.press(event));
    this.drop.addEventListener("change", () => this.ask());
    this.drop.addEventListener("keydown", (event) => { if (event.key === "Escape") this.close(event); });
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
    this.list.addEventListener("click", (event) => this.toggle(this.found[event.target.closest("[role=option]")?.dataset.index]));
    root.addEventListener("focusout", (event) => { if (!root.contains(event.relatedTarget)) this.close(); });
    document.addEventListener("pointerdown", (event) => { if (!root.contains(event.target)) this.close(); });
    this.draw();
  }

  get isOpen() { return !this.drop.hidden; }

  open() {
    if (!this.isOpen) this.expand(true);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), this.found.length ? PAUSE : 0);
  }

  close(event) {
    if (!this.isOpen) return;
    event?.stopPropagation();
    clearTimeout(this.timer);
    this.expand(false);
    if (event) this.input.focus();
  }

  expand(open) {
    this.drop.hidden = !open;
    this.input.setAttribute("aria-expanded", open);
    this.move(-1);
  }

  async ask() {
    this.asking?.abort();
    const { signal } = this.asking = new AbortController();
    const query = { q: this.input.value, global: Number(part("everyones").checked), personal: Number(part("own").checked) };
    try {
      const { models, isCut } = await offers(query, signal);
      this.found = models;
      this.fill();
      this.say(isCut ? `The first ${models.length} are shown: type more of the name.` : models.length ? `${models.length} to choose from.` : "Nothing fits. Type less of it, or see the switches above.");
    } catch (error) {
      if (!signal.aborted) this.say("The list cannot be read now. Reload the page.");
    }
  }

  say(words) { this.note.textContent = words; }

  fill() {
    const groups = grouped(this.found);
    this.list.replaceChildren(...[...groups].map(([title, models]) => {
      const group = make("div", "", Object.assign(make("strong", "", title), { ariaHidden: true }), ...models.map((model) => this.option(model)));
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", title);
      return group;
    }));
    this.list.scrollTop = 0;
    this.move(this.input.value && this.found.length ? 0 : -1);
  }

  option(model) {
    const index = this.found.indexOf(model);
    const name = make("span", "", model.label, model.is_own ? make("span", "mark", "mine") : "");
    const line = make("div", "option", name, make("span", "help", model.note), make("code", "", model.id), make("span", "help", model.can.join(" · ")));
    Object.assign(line, { id: `offer-${index}`, role: "option" });
    line.dataset.index = index;
    line.setAttribute("aria-selected", this.has(model));
    return line;
  }

  has(model) { return this.chosen.some((one) => one.name === model.name); }

  move(index) {
    part(`offer-${this.active}`)?.classList.remove("active");
    this.active = index;
    const line = part(`offer-${index}`);
    line?.classList.add("active");
    line?.scrollIntoView({ block: "nearest" });
    if (line) this.input.setAttribute("aria-activedescendant", line.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  press(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE };
    if (event.key in steps) {
      event.preventDefault();
      if (!this.isOpen) return this.open();
      this.move(Math.max(0, Math.min(this.found.length - 1, this.active + steps[event.key])));
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      if (this.isOpen) this.toggle(this.found[this.active]);
    } else if (event.key === "Escape") {
      this.close(event);
    } else if (event.key === "Backspace" && !this.input.value && this.chosen.length) {
      this.toggle(this.chosen.at(-1));
    }
  }

  toggle(model) {
    if (!model) return;
    if (!this.has(model) && this.chosen.length === this.most) return this.say(`${this.most} at most: take one away first.`);
    this.chosen = this.has(model) ? this.chosen.filter((one) => one.name !== model.name) : [...this.chosen, model];
    this.found.forEach((one, index) => part(`offer-${index}`)?.setAttribute("aria-selected", this.has(one)));
    if (this.input.value) {
      this.input.value = "";
      this.ask();
    }
    this.draw();
    this.changed(this.chosen);
  }

  draw() {
    part("chosen").replaceChildren(...this.chosen.map((model) => {
      const remove = make("button", "plain", "×");
      Object.assign(remove, { type: "button", ariaLabel: `Take away ${model.label}` });
      remove.addEventListener("click", () => { this.toggle(model); this.input.focus(); });
      return make("li", "", model.label, remove);
    }));
  }
}

function grouped(models) {
  const groups = new Map();
  for (const model of models) groups.set(model.group, [...groups.get(model.group) ?? [], model]);
  return groups;
}
