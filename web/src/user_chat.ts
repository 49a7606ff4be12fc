// The user chat of a region (contracts/userchat.md): asks for the privacy text first, reads while
// somebody could see what is new, and sends what the outbox holds.

import { EMPTY, type Conversation, type Listener, type Snapshot } from "./conversation.ts";
import { count, isAdvisers, itemsOf, type DeskMessage } from "./desk_messages.ts";
import { formOf, refusalOf } from "./desk_sending.ts";
import { Entry, type Desk } from "./entry.ts";
import { ask, problem, upload, type Reply } from "./http.ts";
import { Outbox, type Draft, type Refusal } from "./outbox.ts";
import { Poller } from "./poller.ts";
import type { Store } from "./store.ts";
import type { Phrase } from "./texts.ts";

const POLL_MS = 15_000;
const POLL_WHILE_TYPING_MS = 3_000;
const MOST_MS = 300_000;

export class UserChat implements Conversation {
  readonly #desk: Desk;
  readonly #store: Store;
  readonly #listener: Listener;
  readonly #poller = new Poller(() => this.#step());
  readonly #outbox: Outbox;
  #stage: Snapshot["stage"] = "loading";
  #notice: Phrase | null = null;
  readonly #entry: Entry;
  #messages: DeskMessage[] = [];
  #hasRead = false;
  #isTyping = false;
  #evaluation = false;
  #etag = "";
  #failures = 0;
  /** Counts what changes the chat; the answer to an older question is not shown. */
  #turn = 0;
  #language: string;

  constructor(desk: Desk, store: Store, listener: Listener) {
    this.#desk = desk;
    this.#store = store;
    this.#listener = listener;
    this.#entry = new Entry(desk, store);
    this.#language = desk.language;
    this.#evaluation = store.get("evaluation") === "1";
    this.#outbox = new Outbox(
      store,
      (draft) => this.#deliver(draft),
      () => listener.changed(),
    );
  }

  snapshot(): Snapshot {
    const isHidden = this.#isFresh() || this.#outbox.drafts.some(({ isFirst }) => isFirst);
    const items = isHidden ? [] : itemsOf(this.#messages, this.#address());
    return {
      ...EMPTY,
      stage: this.#stage,
      items: [...items, ...this.#outbox.items()],
      isTyping: this.#isTyping && !isHidden,
      notice: this.#notice,
      title: this.#entry.title,
      policy: this.#entry.policy,
      pictures: `${this.#desk.api}/api/v3/`,
      takesFiles: true,
      evaluation: this.#evaluation,
      canErase: this.#messages.length > 0,
    };
  }

  watch(isOpen: boolean): void {
    const isNeeded = isOpen || this.#store.get("begun");
    this.#poller[isNeeded ? "start" : "stop"]();
  }

  stop(): void {
    this.#poller.stop();
  }

  send(text: string, files: File[]): void {
    const same = this.#outbox.drafts.filter((draft) => draft.text === text);
    const before = count(this.#messages, text, files.length) + same.length;
    const isFirst = this.#isFresh();
    this.#store.set("fresh", "");
    this.#notice = null;
    this.#outbox.write(text, files, isFirst ? 0 : before, isFirst);
  }

  retry(): void {
    void this.#outbox.run();
  }

  discard(outgoing: string): void {
    this.#outbox.discard(outgoing);
    this.#listener.changed();
  }

  agree(evaluation: boolean): void {
    this.#store.set("consent", "1");
    this.#remember(evaluation);
    this.#stage = "loading";
    this.#poller.start();
    this.#listener.changed();
  }

  setEvaluation(given: boolean): void {
    this.#remember(given);
    if (this.#messages.length && !this.#isFresh()) {
      const form = new FormData();
      form.set("evaluation_consent", String(given));
      void this.#post(form, {}).then(() => this.#listener.changed());
    }
  }

  setLanguage(language: string): void {
    this.#language = language;
    this.#notice = null;
    this.#etag = "";
    this.#poller.now();
  }

  startNew(): void {
    this.#outbox.clear();
    this.#store.set("fresh", this.#messages.length ? "1" : "");
    this.#notice = null;
    this.#listener.changed();
  }

  async erase(): Promise<void> {
    this.#turn += 1;
    const reply = await ask(this.#address(), { method: "DELETE" });
    if (reply.status !== 204 && reply.status !== 404) {
      this.#notice = problem(reply);
      this.#listener.changed();
      return;
    }
    this.#outbox.clear();
    for (const name of ["begun", "consent", "evaluation", "fresh", "seen"]) {
      this.#store.set(name, "");
    }
    this.#messages = [];
    this.#etag = "";
    this.#isTyping = this.#evaluation = false;
    this.#notice = { key: "erased" };
    this.#stage = this.#entry.needsConsent() ? "gate" : "chat";
    this.#listener.changed();
  }

  /** One step towards the chat, or one reading of it; how long to wait until the next. */
  async #step(): Promise<number> {
    const pause = await this.#proceed();
    this.#listener.changed();
    return pause;
  }

  async #proceed(): Promise<number> {
    const stage = await this.#entry.stage();
    if (typeof stage === "object") {
      return this.#failed(stage);
    }
    if (stage !== "chat") {
      this.#stage = stage;
      this.#failures = 0;
      this.#notice = null;
      return MOST_MS;
    }
    return this.#outbox.isBusy ? POLL_WHILE_TYPING_MS : this.#read();
  }

  async #read(): Promise<number> {
    const asked = this.#turn;
    const headers: Record<string, string> = this.#etag ? { "If-None-Match": this.#etag } : {};
    const reply = await ask(this.#address(), { headers });
    if (asked !== this.#turn) {
      return this.#pause();
    }
    const isNone = reply.status === 404 && reply.body?.["code"] === "chat_not_found";
    if (this.#fallsBack(reply)) {
      return 0;
    }
    if (reply.status !== 200 && reply.status !== 304 && !isNone) {
      return this.#failed(reply);
    }
    const wasOffline = this.#failures > 0;
    this.#failures = 0;
    if (wasOffline) {
      this.#notice = null;
    }
    if (reply.status !== 304) {
      this.#show(reply);
    }
    this.#stage = "chat";
    this.#settle(wasOffline);
    return this.#pause();
  }

  #show({ body, etag }: Reply): void {
    const messages = (body?.["messages"] ?? []) as DeskMessage[];
    const wasKnown = new Set(this.#messages.map(({ id }) => id));
    const hadAdviser = this.#messages.some(isAdvisers);
    const isFirstTime = !this.#hasRead;
    this.#messages = messages;
    this.#hasRead = true;
    this.#isTyping = Boolean(body?.["chatbot_typing"]);
    this.#etag = etag;
    if (messages.length) {
      this.#evaluation = Boolean(body?.["evaluation_consent"]);
      this.#store.set("begun", "1");
    }
    if (isFirstTime) {
      return;
    }
    for (const item of itemsOf(messages, "")) {
      if (item.id && !wasKnown.has(Number(item.id))) {
        this.#listener.said(item);
      }
    }
    if (!hadAdviser && messages.some(isAdvisers)) {
      this.#listener.handedOver();
    }
  }

  /** Drops what has arrived although its answer was lost; sends what a lost connection kept. */
  #settle(wasOffline: boolean): void {
    const arrived = this.#outbox.drafts.filter(
      ({ text, files, before, isFirst }) =>
        !isFirst && count(this.#messages, text, files.length) > before,
    );
    arrived.forEach(({ key }) => this.#outbox.discard(key));
    const waiting = this.#outbox.drafts[0];
    if (waiting && (arrived.length || (wasOffline && waiting.problem?.key === "offline"))) {
      void this.#outbox.run();
    }
  }

  async #deliver(draft: Draft): Promise<Refusal | null> {
    const isNew = draft.isFirst || !this.#messages.length;
    const headers = { "Idempotency-Key": draft.key };
    const reply = await this.#post(formOf(draft, this.#evaluation && isNew), headers, (part) => {
      if (draft.files.length) {
        draft.progress = part;
        this.#listener.changed();
      }
    });
    if (reply.status !== 200) {
      return refusalOf(draft, reply);
    }
    this.#listener.said({ author: "user", text: draft.text, id: "" });
    return null;
  }

  async #post(
    form: FormData,
    headers: Record<string, string>,
    progress: (part: number) => void = () => {},
  ): Promise<Reply> {
    this.#turn += 1;
    const reply = await upload(this.#address(), form, headers, progress);
    this.#turn += 1;
    if (reply.status === 200) {
      this.#show(reply);
      this.#poller.again(this.#pause());
    }
    return this.#fallsBack(reply) ? this.#post(form, headers, progress) : reply;
  }

  /** True if the region offers no chat in the chosen language: then it is the page's from now. */
  #fallsBack({ body }: Reply): boolean {
    const { language } = this.#desk;
    if (body?.["code"] !== "unknown_language" || this.#language === language) {
      return false;
    }
    this.#language = language;
    return true;
  }

  #failed(reply: Reply): number {
    this.#failures += 1;
    this.#notice = problem(reply);
    const pause = Math.min(MOST_MS, POLL_WHILE_TYPING_MS * 2 ** this.#failures);
    return Math.max(pause * (0.75 + Math.random() / 2), reply.retryAfter * 1000);
  }

  #pause(): number {
    return this.#isTyping ? POLL_WHILE_TYPING_MS : POLL_MS;
  }

  #remember(evaluation: boolean): void {
    this.#evaluation = evaluation;
    this.#store.set("evaluation", evaluation ? "1" : "");
  }

  #isFresh(): boolean {
    return Boolean(this.#store.get("fresh"));
  }

  #address(): string {
    const parts = [this.#desk.region, this.#language, "chat", this.#store.token("device")];
    return `${this.#desk.api}/api/v3/${parts.map(encodeURIComponent).join("/")}/`;
  }
}
