// What outlives a reload: in the browser's local storage if the page has one, else in memory.

export class Store {
  readonly #memory = new Map<string, string>();
  readonly #scope: string;

  /** `scope` tells the widgets of different desks on one page's origin apart. */
  constructor(scope: string) {
    this.#scope = scope;
  }

  get(name: string): string {
    try {
      return localStorage.getItem(this.#path(name)) ?? "";
    } catch {
      return this.#memory.get(name) ?? "";
    }
  }

  /** Nothing to keep removes what was kept. */
  set(name: string, value: string): void {
    try {
      if (value) {
        localStorage.setItem(this.#path(name), value);
      } else {
        localStorage.removeItem(this.#path(name));
      }
    } catch {
      this.#memory.set(name, value);
    }
  }

  /** The kept value; if there is none, one of 64 random hex characters that is kept from now on. */
  token(name: string): string {
    let value = this.get(name);
    if (!value) {
      value = randomHex();
      this.set(name, value);
    }
    return value;
  }

  #path(name: string): string {
    return `switchboard-chat:${this.#scope}:${name}`;
  }
}

export function randomHex(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
