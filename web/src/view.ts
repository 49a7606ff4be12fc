// The widget's frame: the button that opens it, head, messages, notices and the place to write.
// It shows a snapshot and reports what a person does; it decides nothing.

import { Composer, type ComposerActions } from "./composer.ts";
import type { Snapshot } from "./conversation.ts";
import { add, h, icon, say, set } from "./dom.ts";
import { Gate } from "./gate.ts";
import { CHAT, CLOSE, MENU } from "./icons.ts";
import { MessageList, type ItemActions } from "./message_list.ts";
import { Options, type OptionActions } from "./options.ts";
import { direction, type Phrase, type Say } from "./texts.ts";

export interface Actions extends ItemActions, OptionActions, ComposerActions {
  open(): void;
  close(): void;
  agree(evaluation: boolean): void;
}

export interface Frame {
  isOpen: boolean;
  isInline: boolean;
  unread: number;
  language: string;
  languages: string[];
  notice: Phrase | null;
}

export class View {
  readonly #badge = h("span", { class: "badge" });
  readonly #launcher = h("button", { class: "launcher", click: () => this.#actions.open() });
  readonly #logo = h("span", { class: "logo" });
  readonly #title = h("h2", { id: "title" });
  readonly #menu = h("button", {
    class: "round",
    "aria-controls": "options",
    click: () => this.#toggle(this.#options.element.hidden !== false),
  });
  readonly #close = h(
    "button",
    { class: "round", click: () => this.#actions.close() },
    icon(CLOSE),
  );
  readonly #welcome = h("p", { class: "welcome", dir: "auto" });
  readonly #prompts = h("ul", { class: "prompts" });
  readonly #start = h("div", { class: "start" }, this.#welcome, this.#prompts);
  readonly #typing = h("p", { class: "typing", role: "status" });
  readonly #notice = h("p", { class: "notice", role: "status" });
  readonly #log = h("div", { class: "log", role: "log", tabindex: 0 });
  readonly #question = h("p", { id: "question" });
  readonly #cancel = h("button", { autofocus: true, click: () => this.#dialog.close() });
  readonly #confirm = h("button", {
    class: "danger",
    click: () => {
      this.#dialog.close();
      this.#then(() => this.#actions.erase());
    },
  });
  readonly #dialog = h("dialog", {
    "aria-labelledby": "question",
    close: () => this.#menu.focus(),
  });
  readonly #panel = h("section", { class: "panel", "aria-labelledby": "title" });
  readonly #list: MessageList;
  readonly #gate: Gate;
  readonly #options: Options;
  readonly #composer: Composer;
  #stage: Snapshot["stage"] = "loading";
  #wasOpen = false;
  #shownLogo: string | null = null;
  #shownPrompts = "";
  readonly #actions: Actions;

  constructor(
    root: ShadowRoot,
    actions: Actions,
  ) {
    this.#actions = actions;
    this.#list = new MessageList({
      retry: (key) => this.#then(() => actions.retry(key)),
      discard: (key) => this.#then(() => actions.discard(key)),
    });
    this.#gate = new Gate((evaluation) => actions.agree(evaluation));
    this.#options = new Options({
      setLanguage: (language) => actions.setLanguage(language),
      setEvaluation: (given) => actions.setEvaluation(given),
      startNew: () => this.#then(() => actions.startNew()),
      erase: () => this.#dialog.showModal(),
    });
    this.#composer = new Composer(actions);
    this.#build(root);
  }

  show(snapshot: Snapshot, texts: Say, frame: Frame): void {
    const { stage, items } = snapshot;
    this.#frame(texts, frame, snapshot.title || texts("title"));
    this.#showLogo(snapshot.logo);
    // As data of a property, never as text of a style sheet: no policy forbids it, nothing escapes.
    const background = snapshot.background && `url(${JSON.stringify(snapshot.background)})`;
    this.#log.style.setProperty("--background", background);
    this.#options.show(texts, {
      ...frame,
      info: snapshot.info,
      evaluation: stage === "chat" ? snapshot.evaluation : null,
      canStartNew: stage === "chat" && items.length > 0,
      canErase: stage === "chat" && snapshot.canErase,
    });
    this.#gate.show(texts, snapshot.policy);
    this.#gate.element.hidden = stage !== "gate";
    this.#composer.show(texts, snapshot.placeholder, snapshot.takesFiles);
    this.#composer.element.hidden = stage !== "chat";
    this.#showStart(snapshot, texts);
    this.#showMessages(snapshot, texts, frame);
    const phrase = frame.notice ?? snapshot.notice;
    say(this.#notice, phrase ? texts(phrase.key, phrase.values) : "");
    this.#moveFocus(stage, frame);
  }

  #build(root: ShadowRoot): void {
    add(this.#launcher, icon(CHAT), this.#badge);
    add(this.#menu, icon(MENU));
    const head = h("header", {}, this.#logo, this.#title, this.#menu, this.#close);
    add(this.#dialog, this.#question, h("div", { class: "buttons" }, this.#cancel, this.#confirm));
    add(this.#log, this.#start, this.#list.element);
    add(this.#panel, head, this.#options.element, this.#gate.element, this.#log, this.#typing);
    add(this.#panel, this.#notice, this.#composer.element, this.#dialog);
    add(root, this.#panel, this.#launcher);
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.#dialog.open) {
        event.stopPropagation();
        this.#escape();
      }
    });
  }

  /** The options first, then the panel. */
  #escape(): void {
    if (!this.#options.element.hidden) {
      this.#toggle(false);
      this.#menu.focus();
    } else if (!this.#close.hidden) {
      this.#actions.close();
    }
  }

  #toggle(isShown: boolean): void {
    this.#options.element.hidden = !isShown;
    set(this.#menu, "aria-expanded", String(isShown));
    if (isShown) {
      this.#options.focus();
    }
  }

  /** Does it, and leaves a person where they write: what they pressed may be gone. */
  #then(act: () => void): void {
    this.#toggle(false);
    act();
    this.#composer.focus();
  }

  #frame(texts: Say, frame: Frame, title: string): void {
    const { isOpen, isInline, unread, language } = frame;
    set(this.#panel, "dir", direction(language));
    set(this.#panel, "lang", language);
    this.#panel.hidden = !isOpen && !isInline;
    this.#launcher.hidden = isOpen || isInline;
    this.#close.hidden = isInline;
    const count = unread ? `. ${texts("unread", { count: unread })}` : "";
    set(this.#launcher, "aria-label", texts("title") + count);
    set(this.#menu, "aria-label", texts("menu"));
    set(this.#menu, "aria-expanded", String(!this.#options.element.hidden));
    set(this.#close, "aria-label", texts("close"));
    set(this.#log, "aria-label", texts("title"));
    say(this.#badge, unread ? String(Math.min(unread, 99)) : "");
    this.#badge.hidden = !unread;
    say(this.#title, title);
    say(this.#question, texts("eraseAsk"));
    say(this.#cancel, texts("cancel"));
    say(this.#confirm, texts("delete"));
  }

  #showLogo(address: string): void {
    if (this.#shownLogo === address) {
      return;
    }
    this.#shownLogo = address;
    this.#logo.replaceChildren(icon(CHAT));
    if (address) {
      const load = (): void => this.#logo.replaceChildren(picture);
      const picture = h("img", { src: address, alt: "", load });
    }
  }

  #showStart({ stage, items, welcome, prompts }: Snapshot, texts: Say): void {
    const isNew = stage === "chat" && !items.length;
    const text = stage === "unavailable" ? texts("unavailable") : welcome || texts("welcome");
    say(this.#welcome, text);
    this.#start.hidden = !isNew && stage !== "unavailable";
    this.#prompts.hidden = !isNew || !prompts.length;
    if (this.#shownPrompts !== prompts.join("\n")) {
      this.#shownPrompts = prompts.join("\n");
      const button = (prompt: string): Node => {
        const click = (): void => this.#then(() => this.#actions.send(prompt, []));
        return h("li", {}, h("button", { dir: "auto", click }, prompt));
      };
      this.#prompts.replaceChildren(...prompts.map(button));
    }
  }

  #showMessages(snapshot: Snapshot, texts: Say, { language }: Frame): void {
    const { stage, items, assistant, pictures, isTyping } = snapshot;
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    const wasAtEnd = scrollHeight - scrollTop - clientHeight < 80;
    // What was said before the page was opened is there to be read, not to be announced.
    set(this.#log, "aria-live", this.#stage === "chat" ? "polite" : "off");
    this.#log.hidden = stage === "gate";
    const shown = stage === "chat" ? items : [];
    const hasMore = this.#list.show(shown, { say: texts, language, assistant, pictures });
    const isOwn = shown.at(-1)?.author === "user";
    say(this.#typing, isTyping ? texts("typing") : "");
    const newest = this.#list.element.lastElementChild;
    if (hasMore && !isOwn && wasAtEnd && newest instanceof HTMLElement) {
      // From its beginning, should it be longer than what fits.
      this.#log.scrollTop = newest.offsetTop - this.#log.offsetTop - 8;
    } else if (hasMore || wasAtEnd) {
      this.#log.scrollTop = this.#log.scrollHeight;
    }
  }

  /** Into the panel when it opens or goes on, back to the button when it closes. */
  #moveFocus(stage: Snapshot["stage"], { isOpen, isInline }: Frame): void {
    const hasMoved = stage !== this.#stage || isOpen !== this.#wasOpen;
    const hadFocus = this.#panel.contains((this.#panel.getRootNode() as ShadowRoot).activeElement);
    if (hasMoved && isOpen && !isInline && (isOpen !== this.#wasOpen || hadFocus || this.#lost())) {
      this.#log.scrollTop = this.#log.scrollHeight;
      (stage === "chat" ? this.#composer : stage === "gate" ? this.#gate : this.#close).focus();
    } else if (this.#wasOpen && !isOpen && !isInline) {
      this.#launcher.focus();
    }
    this.#stage = stage;
    this.#wasOpen = isOpen;
  }

  /** What had the focus was hidden, so that nothing has it. */
  #lost(): boolean {
    return document.activeElement === document.body;
  }
}
