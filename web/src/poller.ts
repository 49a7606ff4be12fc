// Asks again and again, one question at a time, and not at all while nobody can see the answer.

export class Poller {
  #timer = 0;
  #isAsking = false;
  #isRunning = false;
  readonly #work: () => Promise<number>;

  /** `work` asks once and tells how many milliseconds later to ask again. */
  constructor(work: () => Promise<number>) {
    this.#work = work;
  }

  start(): void {
    if (!this.#isRunning) {
      this.#isRunning = true;
      document.addEventListener("visibilitychange", this.now);
      addEventListener("online", this.now);
    }
    this.now();
  }

  stop(): void {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.now);
    removeEventListener("online", this.now);
  }

  /** Asks at once, unless the page is hidden: then as soon as it is not. */
  readonly now = (): void => {
    clearTimeout(this.#timer);
    if (this.#isRunning && !this.#isAsking && !document.hidden) {
      void this.#ask();
    }
  };

  /** Asks in so many milliseconds instead of when it would have. */
  again(milliseconds: number): void {
    clearTimeout(this.#timer);
    if (this.#isRunning) {
      this.#timer = setTimeout(this.now, milliseconds);
    }
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    const pause = await this.#work();
    this.#isAsking = false;
    this.again(pause);
  }
}
