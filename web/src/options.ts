// What the button in the head opens: language, consent, a new chat, deleting the chat.

import { add, h, link, set } from "./dom.ts";
import { nameOf, type Key, type Say } from "./texts.ts";

export interface OptionActions {
  setLanguage(language: string): void;
  setEvaluation(given: boolean): void;
  startNew(): void;
  erase(): void;
}

export interface OptionState {
  language: string;
  languages: string[];
  /** The address of a page about the chat. */
  info: string;
  evaluation: boolean | null;
  canStartNew: boolean;
  canErase: boolean;
}

export class Options {
  readonly #label = h("span");
  readonly #select = h("select");
  readonly #choice = h("label", {}, this.#label, this.#select);
  readonly #box = h("input", { type: "checkbox" });
  readonly #words = h("span");
  readonly #evaluation = h("label", { class: "check" }, this.#box, this.#words);
  readonly #info = link("");
  readonly #fresh = h("button");
  readonly #gone = h("button", { class: "danger" });
  readonly element = h("div", { class: "options", id: "options", hidden: true });
  #offered = "";

  constructor(actions: OptionActions) {
    add(this.element, this.#choice, this.#evaluation, this.#info, this.#fresh, this.#gone);
    this.#select.addEventListener("change", () => actions.setLanguage(this.#select.value));
    this.#box.addEventListener("change", () => actions.setEvaluation(this.#box.checked));
    this.#fresh.addEventListener("click", () => actions.startNew());
    this.#gone.addEventListener("click", () => actions.erase());
  }

  show(say: Say, state: OptionState): void {
    const texts: [HTMLElement, Key][] = [
      [this.#label, "language"],
      [this.#words, "evaluation"],
      [this.#info, "info"],
      [this.#fresh, "newChat"],
      [this.#gone, "erase"],
    ];
    texts.forEach(([element, key]) => (element.textContent = say(key)));
    if (this.#offered !== state.languages.join()) {
      this.#offered = state.languages.join();
      this.#select.replaceChildren(
        ...state.languages.map((value) => h("option", { value, lang: value }, nameOf(value))),
      );
    }
    this.#select.value = state.language;
    this.#box.checked = Boolean(state.evaluation);
    set(this.#choice, "hidden", state.languages.length < 2);
    set(this.#info, "href", state.info);
    set(this.#info, "hidden", !state.info);
    set(this.#evaluation, "hidden", state.evaluation === null);
    set(this.#fresh, "hidden", !state.canStartNew);
    set(this.#gone, "hidden", !state.canErase);
  }

  focus(): void {
    this.element.querySelector<HTMLElement>("select, input, button")?.focus();
  }
}
