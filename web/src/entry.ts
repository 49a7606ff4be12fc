// The way into a region's chat: is there one, has the privacy text been agreed to, may this device
// use it (contracts/userchat.md, "Gradual roll-out"). Nothing about a device leaves the page before
// the second question is answered.

import { ask, type Reply } from "./http.ts";
import type { Store } from "./store.ts";

export interface Desk {
  /** Where the API is, without a slash at its end. */
  api: string;
  region: string;
  language: string;
}

export class Entry {
  title = "";
  policy = "";
  #isKnown = false;
  #isOpen = false;
  #isAdmitted = false;
  readonly #desk: Desk;
  readonly #store: Store;

  constructor(
    desk: Desk,
    store: Store,
  ) {
    this.#desk = desk;
    this.#store = store;
  }

  /** Where a person stands, or the server's answer that kept it from being known. */
  async stage(): Promise<"gate" | "chat" | "unavailable" | Reply> {
    const { api, region } = this.#desk;
    const root = `${api}/api/v3/`;
    const name = encodeURIComponent(region);
    if (!this.#isKnown) {
      const reply = await ask(`${root}regions/${name}/`, {});
      if (reply.status !== 200 || !reply.body) {
        return reply;
      }
      this.title = String(reply.body["name"] ?? "");
      this.policy = String(reply.body["zammad_privacy_policy"] ?? "");
      this.#isOpen = Boolean(reply.body["is_chat_enabled"]);
      this.#isKnown = true;
    }
    if (this.#isOpen && this.needsConsent()) {
      return "gate";
    }
    if (this.#isOpen && !this.#isAdmitted) {
      const reply = await ask(`${root}${name}/${this.#store.token("device")}/is_chat_enabled/`, {});
      if (reply.status !== 200) {
        return reply;
      }
      this.#isAdmitted = Boolean(reply.body?.["is_chat_enabled"]);
    }
    this.#isKnown = this.#isAdmitted; // what is closed may open
    return this.#isAdmitted ? "chat" : "unavailable";
  }

  needsConsent(): boolean {
    return Boolean(this.policy) && !this.#store.get("consent");
  }
}
