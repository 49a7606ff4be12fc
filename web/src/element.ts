// <switchboard-chat>: attributes in, events out, and the view of whichever conversation the
// attributes name: with `region` the user chat of a desk, without it one chatbot.

import { Chatbot } from "./chatbot.ts";
import { EMPTY, type Conversation, type Listener } from "./conversation.ts";
import { Store } from "./store.ts";
import css from "./styles.css";
import { known, LANGUAGES, texts, type Phrase } from "./texts.ts";
import { UserChat } from "./user_chat.ts";
import { View } from "./view.ts";

const styles = new CSSStyleSheet();
styles.replaceSync(css);

export class SwitchboardChat extends HTMLElement {
  static readonly observedAttributes = ["api", "inline", "key", "language", "languages", "region"];

  #conversation: Conversation | null = null;
  #store = new Store("");
  #language = "en";
  #isOpen = false;
  #unread = 0;
  #notice: Phrase | null = null;
  #isDue = false;
  readonly #view: View;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [styles];
    this.#view = new View(root, {
      open: () => this.open(),
      close: () => this.close(),
      agree: (evaluation) => this.#conversation?.agree?.(evaluation),
      retry: (outgoing) => this.#conversation?.retry(outgoing),
      discard: (outgoing) => this.#conversation?.discard(outgoing),
      startNew: () => this.#conversation?.startNew(),
      erase: () => void this.#conversation?.erase?.(),
      setEvaluation: (given) => this.#conversation?.setEvaluation?.(given),
      setLanguage: (language) => this.#setLanguage(language),
      send: (text, files) => {
        this.#notice = null;
        this.#conversation?.send(text, files);
      },
      refuse: (reason) => {
        this.#notice = reason;
        this.#show();
      },
    });
  }

  connectedCallback(): void {
    document.addEventListener("visibilitychange", this.#show);
    this.#restart();
  }

  disconnectedCallback(): void {
    document.removeEventListener("visibilitychange", this.#show);
    this.#conversation?.stop();
    this.#conversation = null;
  }

  /** Attributes that change together, as a framework sets them, begin one conversation. */
  attributeChangedCallback(_: string, before: string | null, after: string | null): void {
    if (this.#conversation && before !== after && !this.#isDue) {
      this.#isDue = true;
      queueMicrotask(() => {
        this.#isDue = false;
        if (this.#conversation) {
          this.#restart();
        }
      });
    }
  }

  open(): void {
    this.#turn(true);
  }

  close(): void {
    this.#turn(false);
  }

  #turn(isOpen: boolean): void {
    this.#isOpen = isOpen;
    this.#conversation?.watch(this.#isSeen());
    this.#show();
  }

  #restart(): void {
    this.#conversation?.stop();
    const api = new URL(this.getAttribute("api") ?? "/", document.baseURI).href.replace(/\/+$/, "");
    const region = this.getAttribute("region") ?? "";
    this.#store = new Store(`${api}:${region}`);
    const given = this.getAttribute("language") || document.documentElement.lang;
    const language = given || navigator.language.split("-")[0] || "en";
    const chosen = this.#store.get("language");
    this.#language = this.#languages(language).includes(chosen) ? chosen : language;
    const listener = this.#listener();
    const conversation: Conversation = region
      ? new UserChat({ api, region, language }, this.#store, listener)
      : new Chatbot(api, this.getAttribute("key") ?? "", this.#store, listener);
    this.#conversation = conversation;
    if (this.#language !== language) {
      conversation.setLanguage(this.#language);
    }
    conversation.watch(this.#isSeen());
    this.#show();
  }

  #listener(): Listener {
    return {
      changed: () => this.#show(),
      said: ({ author, text, id }) => this.#emit("message", { author, text, id }),
      handedOver: () => this.#emit("handover", {}),
    };
  }

  #setLanguage(language: string): void {
    this.#language = language;
    this.#store.set("language", language);
    this.#conversation?.setLanguage(language);
    this.#show();
  }

  /** What the switch offers: the attribute's languages, else all there are texts in. */
  #languages(own: string): string[] {
    const listed = (this.getAttribute("languages") ?? "").split(/[\s,]+/).filter(Boolean);
    const all = listed.length ? listed : LANGUAGES;
    return all.includes(own) ? all : [own, ...all];
  }

  #isSeen(): boolean {
    return this.#isOpen || this.hasAttribute("inline");
  }

  readonly #show = (): void => {
    const snapshot = this.#conversation?.snapshot() ?? EMPTY;
    this.#count(snapshot.items.map(({ id }) => Number(id)));
    this.#view.show(snapshot, texts(known(this.#language) ?? "en"), {
      isOpen: this.#isOpen,
      isInline: this.hasAttribute("inline"),
      unread: this.#unread,
      language: this.#language,
      languages: this.#languages(this.#language),
      notice: this.#notice,
    });
  };

  /** What others have written since somebody last looked; 0 stands for what was written here. */
  #count(ids: number[]): void {
    let seen = Number(this.#store.get("seen"));
    const last = Math.max(seen, ...ids);
    if (last > seen && this.#isSeen() && !document.hidden) {
      seen = last;
      this.#store.set("seen", String(last));
    }
    const unread = ids.filter((id) => id > seen).length;
    if (unread !== this.#unread) {
      this.#unread = unread;
      this.#emit("unread", { count: unread });
    }
  }

  #emit(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

if (!customElements.get("switchboard-chat")) {
  customElements.define("switchboard-chat", SwitchboardChat);
}
