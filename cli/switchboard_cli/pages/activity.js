// What the stack saw happen, asked for once a second while the page can be seen.

const PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;
const SPOKEN_MS = 5_000;
const KEPT = 200;
const LATER_MS = 4_000;
const NAMES = {
  app: "App",
  bot: "Chatbot",
  job: "Job",
  problem: "Problem",
  ticket: "Ticket",
  webhook: "Webhook",
};

const at = (id) => document.getElementById(id);

export class Activity {
  #settings;
  #listener;
  #stack = null;
  #last = 0;
  #failures = 0;
  #timer = 0;
  #isAsking = false;
  #unspoken = [];
  #speaking = 0;
  #isAtEnd = true;

  /** `listener`: `happened()` with new events, `followed()` when a person goes to a ticket. */
  constructor(settings, listener) {
    this.#settings = settings;
    this.#listener = listener;
  }

  start() {
    document.addEventListener("visibilitychange", () => this.#ask());
    const log = at("log");
    log.addEventListener("scroll", () => {
      this.#isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    });
    new ResizeObserver(() => this.#follow()).observe(log); // also when its tab is opened
    this.#ask();
  }

  async #ask() {
    clearTimeout(this.#timer);
    if (document.hidden || this.#isAsking) {
      return;
    }
    this.#isAsking = true;
    try {
      const response = await fetch(`/local/events?after=${this.#last}`, { signal: AbortSignal.timeout(10_000) });
      if (!response.ok) {
        throw new Error(String(response.status));
      }
      this.#take(await response.json());
      this.#failures = 0;
    } catch {
      this.#failures += 1;
    }
    this.#isAsking = false;
    const isStopped = this.#failures > 1;
    const words = isStopped ? "The stack has stopped. This page goes on when it runs again." : "";
    if (at("stopped").textContent !== words) {
      at("stopped").textContent = words;
      document.documentElement.classList.toggle("is-stopped", isStopped);
    }
    const pause = Math.min(PAUSE_MS * 2 ** Math.max(this.#failures - 1, 0), LONGEST_PAUSE_MS);
    this.#timer = setTimeout(() => this.#ask(), pause);
  }

  #take({ stack, last, polls, events }) {
    if (this.#stack !== null && this.#stack !== stack) {
      location.reload(); // another stack: its numbers, tickets and chats begin anew
      return;
    }
    this.#stack = stack;
    this.#last = last;
    const words = `Polls of the app without news: ${polls}`;
    if (at("polls").textContent !== words) {
      at("polls").textContent = words;
    }
    if (events.length) {
      this.#show(events);
      this.#listener.happened();
    }
  }

  #show(events) {
    at("empty").hidden = true;
    events.forEach((event) => this.#insert(event));
    while (at("list").children.length > KEPT) {
      at("list").firstElementChild.remove();
    }
    this.#follow();
    this.#unspoken.push(...events);
    if (!this.#speaking) {
      this.#speaking = setTimeout(() => this.#speak(), SPOKEN_MS);
    }
  }

  // The newest stays in sight, unless somebody reads further up.
  #follow() {
    if (this.#isAtEnd) {
      at("log").scrollTop = at("log").scrollHeight;
    }
  }

  // By time: what took long is told late, and began earlier.
  #insert(event) {
    const items = [...at("list").children];
    const before = items.findLast((item) => Number(item.dataset.at) <= event.at);
    const item = this.#item(event);
    at("list").insertBefore(item, before ? before.nextSibling : at("list").firstChild);
    for (const [one, earlier] of [[item, before], [item.nextElementSibling, item]]) {
      one?.classList.toggle("later", Boolean(earlier) && one.dataset.at - earlier.dataset.at > LATER_MS);
    }
  }

  // One sentence for all that came within a few seconds, so that nobody is talked over.
  #speak() {
    this.#speaking = 0;
    const newest = this.#unspoken.at(-1);
    const count = this.#unspoken.length;
    at("summary").textContent = `${count} new ${count === 1 ? "event" : "events"}. ${newest.text}.`;
    this.#unspoken = [];
  }

  #item(event) {
    const item = part("li", "event");
    item.dataset.kind = event.kind;
    item.dataset.at = event.at;
    const head = part("p", "head");
    const time = part("time", "", clock(event.at));
    time.dateTime = new Date(event.at).toISOString();
    head.append(part("span", "kind", NAMES[event.kind] ?? event.kind), time);
    item.append(head, this.#text(event));
    if (event.detail) {
      item.append(part("p", "detail", event.detail));
    }
    return item;
  }

  // The event's words; those that name its ticket lead there.
  #text(event) {
    const text = part("p", "text");
    const address = this.#addressOf(event.ticket);
    const [, before, name, after] = /^(.*?)(ticket \d+)(.*)$/i.exec(event.text) ?? [];
    if (!address || !name) {
      text.textContent = event.text;
      return text;
    }
    const link = part("a", "", name);
    link.href = address;
    link.target = this.#settings.desk ? "desk" : "_blank";
    link.rel = "noreferrer";
    link.addEventListener("click", () => this.#settings.desk && this.#listener.followed());
    text.append(before, link, after);
    return text;
  }

  #addressOf(ticket) {
    const { desk, zammad } = this.#settings;
    if (!ticket || !(desk || zammad)) {
      return null;
    }
    return desk ? `${desk}/tickets/${ticket}` : `${zammad}/#ticket/zoom/${ticket}`;
  }
}

function part(name, kind, words = "") {
  const made = document.createElement(name);
  made.className = kind;
  made.textContent = words;
  return made;
}

function clock(moment) {
  return new Date(moment).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}
