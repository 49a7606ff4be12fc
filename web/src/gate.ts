// What a person reads and agrees to before anything about them leaves the page.

import { add, h, link, safeAddress, say } from "./dom.ts";
import type { Say } from "./texts.ts";

export class Gate {
  readonly #title = h("h3");
  readonly #text = h("div", { class: "policy" });
  readonly #box = h("input", { type: "checkbox" });
  readonly #words = h("span");
  readonly #button = h("button", { class: "primary" });
  readonly element = h("div", { class: "gate" }, this.#title, this.#text);
  #shown = "";

  constructor(agree: (evaluation: boolean) => void) {
    add(this.element, h("label", { class: "check" }, this.#box, this.#words), this.#button);
    this.#button.addEventListener("click", () => agree(this.#box.checked));
  }

  /** `policy` is the region's privacy text, or the address of it. */
  show(texts: Say, policy: string): void {
    say(this.#title, texts("gate"));
    say(this.#words, texts("evaluation"));
    say(this.#button, texts("agree"));
    const shown = texts("gateText") + policy;
    if (this.#shown !== shown) {
      this.#shown = shown;
      const address = safeAddress(policy);
      const more = address ? link(address, texts("policy")) : policy;
      this.#text.replaceChildren(h("p", {}, texts("gateText")), h("p", { dir: "auto" }, more));
    }
  }

  focus(): void {
    this.#button.focus();
  }
}
