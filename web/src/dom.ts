// Builds elements. Text goes in as text nodes only; nothing here, or anywhere in the widget,
// lets a browser parse foreign text as HTML of the page.

type Attribute = string | number | boolean | null | undefined | ((event: never) => unknown);
export type Child = Node | string | null | undefined | false;

const SVG = "http://www.w3.org/2000/svg";
const WEB = ["http:", "https:"];

/** An element; a function as attribute listens to the event of that name. Buttons submit nothing. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Attribute> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (element instanceof HTMLButtonElement) {
    element.type = "button";
  }
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name, value as (event: Event) => unknown);
    } else {
      set(element, name, value);
    }
  }
  add(element, ...children);
  return element;
}

/** Strings become text nodes. */
export function add(target: ParentNode, ...children: Child[]): void {
  target.append(...children.filter((child): child is Node | string => Boolean(child)));
}

/** Sets an attribute, or removes it if there is nothing to set. Changes nothing that is so. */
export function set(element: Element, name: string, value: Exclude<Attribute, Function>): void {
  if (value === false || value === null || value === undefined) {
    element.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : String(value);
  if (element.getAttribute(name) !== text) {
    element.setAttribute(name, text);
  }
}

/** Changes an element's text only if it is another one: screen readers read what changes. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/** A drawing of strokes in a square of 24, which says nothing to a screen reader. */
export function icon(path: string): SVGElement {
  const drawing = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  set(drawing, "viewBox", "0 0 24 24");
  set(drawing, "aria-hidden", "true");
  set(line, "d", path);
  drawing.append(line);
  return drawing;
}

/** An absolute address of one of these schemes; empty for any other. */
export function safeAddress(address: string | null | undefined, schemes = WEB): string {
  try {
    const url = new URL(address ?? "");
    return schemes.includes(url.protocol) ? url.href : "";
  } catch {
    return "";
  }
}

/** A link that opens beside the page and tells its target nothing about it. */
export function link(href: string, ...children: Child[]): HTMLAnchorElement {
  return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

/** The text, with web addresses in it as links. */
export function linked(text: string): Node {
  const target = new DocumentFragment();
  let end = 0;
  for (const match of text.matchAll(/\bhttps?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]]/g)) {
    const href = safeAddress(match[0]);
    if (href) {
      add(target, text.slice(end, match.index), link(href, match[0]));
      end = match.index + match[0].length;
    }
  }
  add(target, text.slice(end));
  return target;
}
