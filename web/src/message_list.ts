// The messages of a chat as a list that changes in place: a screen reader hears what is new and
// nothing twice, and what somebody reads, selects or has focused stays where it is.

import type { Attachment, Item } from "./conversation.ts";
import { add, h, icon, link, linked, safeAddress, set } from "./dom.ts";
import { FILE } from "./icons.ts";
import { markdown } from "./markdown.ts";
import { richText } from "./rich_text.ts";
import type { Say } from "./texts.ts";

const GROUP_MS = 600_000;
const TODAY = new Date().toDateString();

export interface Wording {
  say: Say;
  language: string;
  /** What the assistant is called. */
  assistant: string;
  /** Where the addresses of the chat's own pictures begin. */
  pictures: string;
}

export interface ItemActions {
  retry(outgoing: string): void;
  discard(outgoing: string): void;
}

interface Row {
  element: HTMLLIElement;
  body: HTMLElement;
  state: HTMLElement;
  content: string;
  status: string;
}

export class MessageList {
  readonly element = h("ol", { class: "messages" });
  #rows: Row[] = [];
  readonly #actions: ItemActions;

  constructor(actions: ItemActions) {
    this.#actions = actions;
  }

  /** Shows these items; true if there are more of them than before. */
  show(items: Item[], wording: Wording): boolean {
    const before = this.#rows.length;
    items.forEach((item, place) => {
      const row = (this.#rows[place] ??= this.#newRow());
      this.#fill(row, item, items[place - 1], wording);
      this.#mark(row, item, wording.say);
    });
    this.#rows.splice(items.length).forEach(({ element }) => element.remove());
    return items.length > before;
  }

  #newRow(): Row {
    const body = h("div", { class: "body" });
    const state = h("div", { class: "state" });
    const element = h("li", {}, body, state);
    this.element.append(element);
    return { element, body, state, content: "", status: "" };
  }

  #fill(row: Row, item: Item, last: Item | undefined, wording: Wording): void {
    const { author, text, attachments, original, at } = item;
    const day = dayOf(item) === (last ? dayOf(last) : TODAY) ? "" : dayOf(item);
    const isHead = Boolean(day) || author !== last?.author || at - last.at > GROUP_MS;
    const content = JSON.stringify([
      author, text, attachments, original, at && minute(at), day, isHead, wording,
    ]);
    if (row.content === content) {
      return;
    }
    row.content = content;
    row.element.className = author;
    row.body.replaceChildren();
    if (day) {
      add(row.body, h("p", { class: "day" }, format(at, wording.language, { dateStyle: "long" })));
    }
    if (author === "divider") {
      add(row.body, h("p", { class: "line" }, wording.say("handover")));
      return;
    }
    add(row.body, isHead && head(item, wording), ...bubbles(item, wording));
    if (attachments.length) {
      add(row.body, h("ul", { class: "files" }, ...attachments.map(file)));
    }
  }

  #mark(row: Row, item: Item, say: Say): void {
    const { state, problem, progress, outgoing = "", canRetry } = item;
    const status = JSON.stringify([state, problem, outgoing, canRetry, say("name")]);
    if (row.status !== status) {
      row.status = status;
      row.element.dataset["state"] = state;
      row.state.replaceChildren();
      add(row.state, state && h("span", {}, stateText(item, say)));
      if (state === "failed") {
        const retry = (): void => this.#actions.retry(outgoing);
        const discard = (): void => this.#actions.discard(outgoing);
        add(row.state, canRetry && h("button", { click: retry }, say("retry")));
        add(row.state, h("button", { click: discard }, say("delete")));
      }
    }
    const bar = row.state.querySelector("progress");
    if (progress === undefined || state !== "sending") {
      bar?.remove();
    } else if (bar) {
      bar.value = progress;
    } else {
      add(row.state, h("progress", { value: progress, max: 1, "aria-label": say("sending") }));
    }
  }
}

function stateText({ state, problem }: Item, say: Say): string {
  const text = state ? say(state) : "";
  return problem ? `${text}. ${say(problem.key, problem.values)}` : text;
}

function head({ author, at }: Item, { say, language, assistant }: Wording): Node {
  const names = { user: say("you"), assistant: assistant || say("assistant"), adviser: say("adviser") };
  const name = names[author as keyof typeof names];
  const time = at && format(at, language, { hour: "numeric", minute: "2-digit" });
  const moment = time && h("time", { datetime: new Date(at).toISOString() }, time);
  return h("p", { class: "head" }, h("bdi", {}, name), " ", moment || null);
}

/** One bubble of text; for a translation also the original, of which one is shown at a time. */
function bubbles(item: Item, { say, pictures }: Wording): Node[] {
  const bubble = (text: string): HTMLElement => {
    const shown =
      item.format === "html"
        ? richText(text, pictures)
        : item.format === "markdown"
          ? markdown(text)
          : linked(text);
    return h("div", { class: `bubble ${item.format}`, dir: "auto" }, shown);
  };
  if (!item.original) {
    return item.text.trim() ? [bubble(item.text)] : [];
  }
  const note = h("span", {}, say("translated"));
  const translation = bubble(item.text);
  const original = bubble(item.original);
  original.hidden = true;
  const toggle = h("button", { "aria-pressed": "false" }, say("showOriginal"));
  toggle.addEventListener("click", () => {
    translation.hidden = !translation.hidden;
    note.hidden = original.hidden = !translation.hidden;
    set(toggle, "aria-pressed", String(translation.hidden));
  });
  return [translation, original, h("p", { class: "translated" }, note, " ", toggle)];
}

/** A file as a link, a picture as itself; what a page's policy keeps from loading stays a link. */
function file({ name, url, isPicture }: Attachment): Node {
  const label = h("bdi", {}, name);
  const href = safeAddress(url);
  if (!href) {
    return h("li", {}, h("span", { class: "file" }, icon(FILE), label));
  }
  const anchor = link(href, icon(FILE), label);
  anchor.className = "file";
  anchor.download = name;
  if (isPicture) {
    const picture = h("img", {
      src: href,
      alt: "",
      load: () => anchor.classList.add("picture"),
      error: (): void => picture.remove(),
    });
    anchor.prepend(picture);
  }
  return h("li", {}, anchor);
}

function minute(at: number): number {
  return Math.floor(at / 60_000);
}

function dayOf({ at }: Item): string {
  return at ? new Date(at).toDateString() : "";
}

function format(at: number, language: string, options: Intl.DateTimeFormatOptions): string {
  const own = navigator.languages.filter((name) => name.startsWith(language));
  try {
    return new Intl.DateTimeFormat([...own, language], options).format(at);
  } catch {
    return "";
  }
}
