// What the button in the head opens: language, consent, a new chat, deleting the chat.

import { h, link } from "./dom.ts";
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
  readonly #select = h("select", {
    change: (): void => this.#actions.setLanguage(this.#select.value),
  });
  readonly #choice = h("label", {}, this.#label, this.#select);
  readonly #box = h("input", {
    type: "checkbox",
    change: (): void => this.#actions.setEvaluation(this.#box.checked),
  });
  readonly #words = h("span");
  readonly #evaluation = h("label", { class: "check" }, this.#box, this.#words);
  readonly #info = link("");
  readonly #fresh = h("button", { click: () => this.#actions.startNew() });
  readonly #gone = h("button", { class: "danger", click: () => this.#actions.erase() });
  readonly element = h(
    "div",
    { class: "options", id: "options", hidden: true },
    this.#choice,
    this.#evaluation,
    this.#info,
    this.#fresh,
    this.#gone,
  );
  readonly #actions: OptionActions;
  #offered = "";

  constructor(actions: OptionActions) {
    this.#actions = actions;
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
    this.#choice.hidden = state.languages.length < 2;
    this.#info.href = state.info;
    this.#info.hidden = !state.info;
    this.#evaluation.hidden = state.evaluation === null;
    this.#fresh.hidden = !state.canStartNew;
    this.#gone.hidden = !state.canErase;
  }

  focus(): void {
    this.element.querySelector<HTMLElement>("select, input, button")?.focus();
  }
}
