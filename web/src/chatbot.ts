// One chatbot, asked directly (contracts/chatbot.md): its own words for the interface come from
// its configuration, the session's history with them.

import { EMPTY, type Conversation, type Item, type Listener, type Snapshot } from "./conversation.ts";
import { safeAddress } from "./dom.ts";
import { ask, problem, type Reply } from "./http.ts";
import { Outbox, type Draft, type Refusal } from "./outbox.ts";
import { Poller } from "./poller.ts";
import { randomHex, type Store } from "./store.ts";
import type { Phrase } from "./texts.ts";

const RETRY_MS = 15_000;
const NEVER_MS = 2 ** 31 - 1;

interface AppView {
  name?: string;
  app_name?: string;
  app_assistant?: string;
  app_welcome_message?: string;
  app_example_prompts?: string[];
  app_placeholder?: string;
  app_logo_url?: string;
  app_background_image_url?: string;
  app_info_url?: string;
}

interface Said {
  role: string;
  content: string;
}

interface ConfigView {
  session_key: string;
  chatbot: AppView;
  history: { chat_history: Said[] };
}

interface Completion {
  choices: { message: { content: string } }[];
  metadata?: { hands_off?: boolean };
}

export class Chatbot implements Conversation {
  readonly #api: string;
  readonly #key: string;
  readonly #store: Store;
  readonly #listener: Listener;
  readonly #poller = new Poller(() => this.#configure());
  readonly #outbox: Outbox;
  #app: AppView | null = null;
  #items: Item[] = [];
  #notice: Phrase | null = null;

  /** `api` is the chatbot's address without a slash at its end; a public one needs no `key`. */
  constructor(
    api: string,
    key: string,
    store: Store,
    listener: Listener,
  ) {
    this.#api = api;
    this.#key = key;
    this.#store = store;
    this.#listener = listener;
    this.#outbox = new Outbox(
      store,
      (draft) => this.#deliver(draft),
      () => listener.changed(),
    );
  }

  snapshot(): Snapshot {
    const app = this.#app ?? {};
    return {
      ...EMPTY,
      stage: this.#app ? "chat" : "loading",
      items: [...this.#shown(), ...this.#outbox.items()],
      isTyping: this.#outbox.isBusy,
      notice: this.#notice,
      title: app.app_name || app.name || "",
      assistant: app.app_assistant ?? "",
      logo: safeAddress(app.app_logo_url),
      background: safeAddress(app.app_background_image_url),
      info: safeAddress(app.app_info_url),
      welcome: app.app_welcome_message ?? "",
      prompts: app.app_example_prompts ?? [],
      placeholder: app.app_placeholder ?? "",
    };
  }

  watch(isOpen: boolean): void {
    if (isOpen) {
      this.#poller.start();
    }
  }

  stop(): void {
    this.#poller.stop();
  }

  send(text: string): void {
    this.#notice = null;
    const same = this.#outbox.drafts.filter((draft) => draft.text === text);
    this.#outbox.write(text, [], this.#count(text) + same.length, false);
  }

  retry(): void {
    void this.#outbox.run();
  }

  discard(outgoing: string): void {
    this.#outbox.discard(outgoing);
    this.#listener.changed();
  }

  startNew(): void {
    this.#store.set("session", randomHex());
    this.#store.set("handed", "");
    this.#store.set("seen", "");
    this.#items = [];
    this.#outbox.clear();
    this.#listener.changed();
  }

  setLanguage(): void {
    this.#listener.changed();
  }

  /** Reads configuration and history once; how long to wait until another try. */
  async #configure(): Promise<number> {
    if (this.#app) {
      return NEVER_MS;
    }
    const reply = await this.#readConfig();
    this.#notice = this.#app ? null : problem(reply);
    this.#listener.changed();
    return this.#app ? NEVER_MS : Math.max(RETRY_MS, reply.retryAfter * 1000);
  }

  async #readConfig(): Promise<Reply> {
    const known = this.#store.get("session");
    const json = known ? { session_key: known } : {};
    const reply = await this.#post("/config/", json);
    const config = reply.body?.["data"] as ConfigView | undefined;
    if (reply.status === 200 && config) {
      this.#app = config.chatbot;
      if (!known) {
        this.#store.set("session", config.session_key);
      }
      const said = config.history.chat_history;
      this.#items = said.map(({ role, content }, index) => itemOf(role, content, index, 0));
    }
    return reply;
  }

  async #deliver(draft: Draft): Promise<Refusal | null> {
    if (await this.#hasArrived(draft)) {
      return null;
    }
    const reply = await this.#post(
      "/chat/",
      {
        session_key: this.#store.get("session"),
        messages: [{ role: "user", content: draft.text }],
      },
      { "Idempotency-Key": draft.key },
    );
    const completion = completionOf(reply);
    if (!completion) {
      return { problem: problem(reply), isHopeless: [400, 413].includes(reply.status) };
    }
    this.#add("user", draft.text);
    this.#listener.said({ author: "user", text: draft.text, id: "" });
    const answer = this.#add("assistant", completion.choices[0]?.message.content ?? "");
    this.#listener.said(answer);
    if (completion.metadata?.hands_off) {
      this.#store.set("handed", String(this.#items.length));
      this.#listener.handedOver();
    }
    return null;
  }

  /** The answer to an earlier try was lost on its way, but the session has it. */
  async #hasArrived(draft: Draft): Promise<boolean> {
    if (!draft.wasTried) {
      draft.wasTried = true;
      return false;
    }
    const reply = await this.#readConfig();
    return reply.status === 200 && this.#count(draft.text) > draft.before;
  }

  #post(path: string, json: unknown, more: Record<string, string> = {}): Promise<Reply> {
    const headers = this.#key ? { ...more, Authorization: `Bearer ${this.#key}` } : more;
    return ask(this.#api + path, { method: "POST", headers, json });
  }

  #add(role: string, content: string): Item {
    const item = itemOf(role, content, this.#items.length, Date.now());
    this.#items.push(item);
    return item;
  }

  #count(text: string): number {
    return this.#items.filter((item) => item.author === "user" && item.text === text).length;
  }

  /** What was said, with a line where the chatbot handed over. */
  #shown(): Item[] {
    const place = Number(this.#store.get("handed"));
    if (!place || place > this.#items.length) {
      return this.#items;
    }
    const line: Item = { ...itemOf("", "", 0, 0), author: "divider", id: "" };
    return [...this.#items.slice(0, place), line, ...this.#items.slice(place)];
  }
}

function itemOf(role: string, content: string, place: number, at: number): Item {
  const isUsers = role === "user";
  return {
    author: isUsers ? "user" : "assistant",
    text: content,
    format: isUsers ? "text" : "markdown",
    at,
    attachments: [],
    id: isUsers ? "" : String(place + 1),
    state: "",
  };
}

/** The answer in the envelope; nothing if there is none. */
function completionOf({ status, body }: Reply): Completion | null {
  try {
    const data = body?.["data"] as { body: string } | undefined;
    return status === 200 && data ? (JSON.parse(data.body) as Completion) : null;
  } catch {
    return null;
  }
}
