// What a person has written and no server has confirmed. It goes out one by one, in order, each
// under a key of its own that a repetition repeats; text stays over a reload until it is sent or
// discarded. Files do not: a browser keeps none.

import type { Item } from "./conversation.ts";
import { randomHex, type Store } from "./store.ts";
import type { Phrase } from "./texts.ts";

export interface Draft {
  key: string;
  text: string;
  files: File[];
  at: number;
  /** How often the chat had said just this when it was written. */
  before: number;
  /** It begins a new chat. */
  isFirst: boolean;
  state: "sending" | "failed";
  problem?: Phrase;
  progress?: number;
  /** The server may have it although its answer was lost. */
  wasTried?: boolean;
  /** No use in trying again. */
  isHopeless?: boolean;
}

export interface Refusal {
  problem: Phrase;
  isHopeless: boolean;
}

export class Outbox {
  drafts: Draft[];
  isBusy = false;
  readonly #store: Store;
  readonly #deliver: (draft: Draft) => Promise<Refusal | null>;
  readonly #changed: () => void;

  /** `deliver` ends with nothing if the server has the draft. */
  constructor(
    store: Store,
    deliver: (draft: Draft) => Promise<Refusal | null>,
    changed: () => void,
  ) {
    this.#store = store;
    this.#deliver = deliver;
    this.#changed = changed;
    this.drafts = this.#kept();
  }

  write(text: string, files: File[], before: number, isFirst: boolean): void {
    const key = randomHex();
    this.drafts.push({ key, text, files, before, isFirst, at: Date.now(), state: "sending" });
    void this.run();
  }

  /** Sends what waits, oldest first; stops at what fails, so that nothing overtakes it. */
  async run(): Promise<void> {
    this.#keep();
    if (this.isBusy) {
      return;
    }
    this.isBusy = true;
    for (let next = this.#next(); next; next = this.#next()) {
      next.state = "sending";
      delete next.problem;
      this.#changed();
      const refusal = await this.#deliver(next);
      if (!refusal) {
        this.discard(next.key);
        continue;
      }
      Object.assign(next, { state: "failed", ...refusal });
      delete next.progress;
      if (!refusal.isHopeless) {
        break;
      }
    }
    this.isBusy = false;
    this.#changed();
  }

  discard(key: string): void {
    this.drafts = this.drafts.filter((draft) => draft.key !== key);
    this.#keep();
  }

  clear(): void {
    this.drafts = [];
    this.#keep();
  }

  items(): Item[] {
    return this.drafts.map((draft) => ({
      author: "user",
      text: draft.text,
      format: "text",
      at: draft.at,
      attachments: draft.files.map(({ name }) => ({ name, url: "", isPicture: false })),
      id: "",
      state: draft.state,
      outgoing: draft.key,
      canRetry: !draft.isHopeless,
      ...(draft.problem && { problem: draft.problem }),
      ...(draft.progress !== undefined && { progress: draft.progress }),
    }));
  }

  #next(): Draft | undefined {
    return this.drafts.find((draft) => !draft.isHopeless);
  }

  #keep(): void {
    const texts = this.drafts.filter(({ files, isHopeless }) => !files.length && !isHopeless);
    this.#store.set("outbox", texts.length ? JSON.stringify(texts) : "");
  }

  #kept(): Draft[] {
    try {
      const drafts = JSON.parse(this.#store.get("outbox") || "[]") as Draft[];
      return drafts.map((draft) => ({ ...draft, files: [], state: "failed" }));
    } catch {
      return [];
    }
  }
}
