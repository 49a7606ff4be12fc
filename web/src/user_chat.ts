// The user chat of a region (contracts/userchat.md): asks for the privacy text first, reads while
// somebody could see what is new, and sends what the outbox holds.

import { EMPTY, type Conversation, type Listener, type Snapshot } from "./conversation.ts";
import { count, isAdvisers, itemsOf, type DeskMessage } from "./desk_messages.ts";
import { ask, problem, upload, type Reply } from "./http.ts";
import { Outbox, type Draft, type Refusal } from "./outbox.ts";
import { Poller } from "./poller.ts";
import type { Store } from "./store.ts";
import type { Phrase } from "./texts.ts";

const POLL_MS = 15_000;
const POLL_WHILE_TYPING_MS = 3_000;
const MOST_MS = 300_000;

export interface Desk {
  /** Where the API is, without a slash at its end. */
  api: string;
  region: string;
  language: string;
}

interface RegionView {
  name?: string;
  is_chat_enabled?: boolean;
  zammad_privacy_policy?: string | null;
}

export class UserChat implements Conversation {
  readonly #desk: Desk;
  readonly #store: Store;
  readonly #listener: Listener;
  readonly #poller = new Poller(() => this.#step());
  readonly #outbox: Outbox;
  #stage: Snapshot["stage"] = "loading";
  #notice: Phrase | null = null;
  #region: RegionView | null = null;
  #isAdmitted = false;
  #messages: DeskMessage[] = [];
  #hasRead = false;
  #isTyping = false;
  #evaluation = false;
  #etag = "";
  #failures = 0;
  /** Counts what changes the chat; the answer to an older question is not shown. */
  #turn = 0;
  #language: string;

  constructor(
    desk: Desk,
    store: Store,
    listener: Listener,
  ) {
    this.#desk = desk;
    this.#store = store;
    this.#listener = listener;
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
      title: this.#region?.name ?? "",
      policy: this.#region?.zammad_privacy_policy ?? "",
      pictures: `${this.#desk.api}/api/v3/`,
      takesFiles: true,
      evaluation: this.#evaluation,
      canErase: this.#messages.length > 0,
    };
  }

  watch(isOpen: boolean): void {
    if (isOpen || this.#store.get("begun")) {
      this.#poller.start();
    } else {
      this.#poller.stop();
    }
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
    this.#stage = this.#needsConsent() ? "gate" : "chat";
    this.#listener.changed();
  }

  /** One step towards the chat, or one reading of it; how long to wait until the next. */
  async #step(): Promise<number> {
    const pause = await (this.#region ? this.#proceed() : this.#findRegion());
    this.#listener.changed();
    return pause;
  }

  async #findRegion(): Promise<number> {
    const { api, region } = this.#desk;
    const reply = await ask(`${api}/api/v3/regions/${encodeURIComponent(region)}/`, {});
    if (reply.status !== 200 || !reply.body) {
      return this.#failed(reply);
    }
    this.#region = reply.body;
    this.#failures = 0;
    this.#notice = null;
    return this.#proceed();
  }

  async #proceed(): Promise<number> {
    if (!this.#region?.is_chat_enabled) {
      return this.#unavailable();
    }
    if (this.#needsConsent()) {
      this.#stage = "gate";
      return MOST_MS;
    }
    if (!this.#isAdmitted) {
      const { api, region } = this.#desk;
      const path = `/api/v3/${encodeURIComponent(region)}/${this.#device()}/is_chat_enabled/`;
      const reply = await ask(api + path, {});
      if (reply.status !== 200) {
        return this.#failed(reply);
      }
      this.#isAdmitted = Boolean(reply.body?.["is_chat_enabled"]);
      if (!this.#isAdmitted) {
        return this.#unavailable();
      }
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
    if (reply.status === 404 && reply.body?.["code"] === "unknown_language") {
      return this.#fallBack(reply);
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
    const form = new FormData();
    form.set("message", draft.text);
    draft.files.forEach((file) => form.append("attachment", file));
    if (draft.isFirst) {
      form.set("force_new", "true");
    }
    if (this.#evaluation && (draft.isFirst || !this.#messages.length)) {
      form.set("evaluation_consent", "true");
    }
    const headers = { "Idempotency-Key": draft.key };
    const reply = await this.#post(form, headers, (part) => {
      if (draft.files.length) {
        draft.progress = part;
        this.#listener.changed();
      }
    });
    if (reply.status === 200) {
      this.#listener.said({ author: "user", text: draft.text, id: "" });
      return null;
    }
    const isHopeless = reply.status === 400 || reply.status === 413;
    const name = draft.files.map((file) => file.name).join(", ");
    const isAboutFiles = isHopeless && name && reply.body?.["code"] !== "chat_full";
    return {
      problem: isAboutFiles ? { key: "files", values: { name } } : problem(reply),
      isHopeless,
    };
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
    return reply;
  }

  #fallBack(reply: Reply): number {
    if (this.#language === this.#desk.language) {
      return this.#failed(reply);
    }
    this.#language = this.#desk.language;
    return 0;
  }

  #failed(reply: Reply): number {
    if (reply.body?.["code"] === "chat_not_configured") {
      return this.#unavailable();
    }
    this.#failures += 1;
    this.#notice = problem(reply);
    const pause = Math.min(MOST_MS, POLL_WHILE_TYPING_MS * 2 ** this.#failures);
    return Math.max(pause * (0.75 + Math.random() / 2), reply.retryAfter * 1000);
  }

  #unavailable(): number {
    this.#stage = "unavailable";
    this.#region = null;
    return MOST_MS;
  }

  #pause(): number {
    return this.#isTyping ? POLL_WHILE_TYPING_MS : POLL_MS;
  }

  #needsConsent(): boolean {
    return Boolean(this.#region?.zammad_privacy_policy) && !this.#store.get("consent");
  }

  #remember(evaluation: boolean): void {
    this.#evaluation = evaluation;
    this.#store.set("evaluation", evaluation ? "1" : "");
  }

  #isFresh(): boolean {
    return Boolean(this.#store.get("fresh"));
  }

  #device(): string {
    return this.#store.token("device");
  }

  #address(): string {
    const parts = [this.#desk.region, this.#language, "chat", this.#device()];
    return `${this.#desk.api}/api/v3/${parts.map(encodeURIComponent).join("/")}/`;
  }
}
