// Where a person writes: text, files, and the button that sends both. Files that no desk would
// take are refused here, with the reason, before anything is sent.

import { h, icon, set } from "./dom.ts";
import { CLIP, CLOSE, SEND } from "./icons.ts";
import type { Phrase, Say } from "./texts.ts";

const MOST_FILES = 5;
const MOST_BYTES = 4 * 1024 * 1024;
const ACCEPTED = "image/jpeg,image/png,image/webp,image/heic,application/pdf,text/plain";
const ENDINGS = /\.(jpe?g|png|webp|heic|heif|pdf|txt|text|md|log)$/i;

export interface ComposerActions {
  send(text: string, files: File[]): void;
  refuse(reason: Phrase): void;
}

export class Composer {
  readonly #input = h("textarea", {
    rows: 1,
    maxlength: 10_000,
    dir: "auto",
    input: () => this.#fit(),
    keydown: (event: KeyboardEvent) => this.#onKey(event),
    paste: (event: ClipboardEvent) => this.#take(event.clipboardData?.files),
  });
  readonly #picker = h("input", {
    type: "file",
    multiple: true,
    accept: ACCEPTED,
    hidden: true,
    change: () => {
      this.#take(this.#picker.files);
      this.#picker.value = "";
    },
  });
  readonly #attach = h(
    "button",
    { class: "round", click: () => this.#picker.click() },
    icon(CLIP),
  );
  readonly #submit = h("button", { type: "submit", class: "round send" }, icon(SEND));
  readonly #chosen = h("ul", { class: "files" });
  readonly #bar = h("div", { class: "bar" }, this.#attach, this.#input, this.#submit);
  readonly element = h("form", { class: "composer" }, this.#chosen, this.#bar, this.#picker);
  #files: File[] = [];
  #say: Say = () => "";
  readonly #actions: ComposerActions;

  constructor(actions: ComposerActions) {
    this.#actions = actions;
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
  }

  show(say: Say, placeholder: string, takesFiles: boolean): void {
    this.#say = say;
    this.#attach.hidden = !takesFiles;
    set(this.#input, "placeholder", placeholder || say("input"));
    for (const [element, text] of [
      [this.#input, say("input")],
      [this.#attach, say("attach")],
      [this.#submit, say("send")],
    ] as const) {
      set(element, "aria-label", text);
    }
    this.#showFiles();
  }

  focus(): void {
    this.#input.focus();
  }

  #send(): void {
    const text = this.#input.value.trim();
    if (text || this.#files.length) {
      this.#actions.send(text, this.#files);
      this.#input.value = "";
      this.#files = [];
      this.#fit();
      this.#showFiles();
    }
    this.focus();
  }

  /** Enter sends, except on a touch screen's keyboard, where it is the only way to a new line. */
  #onKey(event: KeyboardEvent): void {
    const isNewLine = event.shiftKey || matchMedia("(pointer: coarse)").matches;
    if (event.key === "Enter" && !event.isComposing && !isNewLine) {
      event.preventDefault();
      this.#send();
    }
  }

  #take(list: FileList | null | undefined): void {
    if (this.#attach.hidden || !list) {
      return;
    }
    for (const file of list) {
      if (this.#accepts(file)) {
        this.#files.push(file);
      } else {
        this.#actions.refuse({ key: "files", values: { name: file.name } });
      }
    }
    this.#showFiles();
  }

  #accepts({ name, size, type }: File): boolean {
    const isKnown = ACCEPTED.split(",").includes(type) || ENDINGS.test(name);
    const total = this.#files.reduce((sum, file) => sum + file.size, size);
    return isKnown && this.#files.length < MOST_FILES && total <= MOST_BYTES;
  }

  #showFiles(): void {
    this.#chosen.hidden = !this.#files.length;
    this.#chosen.replaceChildren(
      ...this.#files.map((file) => {
        const remove = (): void => {
          this.#files = this.#files.filter((other) => other !== file);
          this.#showFiles();
          this.focus();
        };
        const label = `${this.#say("delete")}: ${file.name}`;
        const button = { "aria-label": label, click: remove };
        const cross = h("button", button, icon(CLOSE));
        return h("li", {}, h("span", { class: "file" }, h("bdi", {}, file.name), cross));
      }),
    );
  }

  /** As high as what is written, which is told in whole pixels; the style sheet has the limits. */
  #fit(): void {
    this.#input.style.height = "auto";
    this.#input.style.height = `${this.#input.scrollHeight + 1}px`;
  }
}
