// Advisers' HTML without ever letting the page interpret it: the markup is parsed into a document
// that runs and loads nothing, and what is on the list below is built anew from it. Everything
// else leaves its text behind, or nothing if it has none that is meant to be read.

import { add, h, link, linked, safeAddress } from "./dom.ts";

type Tag = keyof HTMLElementTagNameMap;

const SAME = words(
  "b blockquote br code div em hr i li ol p pre s strong sub sup table tbody td th thead tr u ul",
);
const SILENT = words("head iframe math noscript object script select style svg template title");
const LINKS = ["http:", "https:", "mailto:", "tel:"];

/** The markup as nodes that are safe to insert. Of pictures those stay whose address begins so. */
export function richText(markup: string, pictures: string): Node {
  const target = new DocumentFragment();
  copy(parse(markup), target, pictures);
  return target;
}

function words(list: string): Set<string> {
  return new Set(list.split(" "));
}

function parse(markup: string): Node {
  try {
    return new DOMParser().parseFromString(markup, "text/html").body;
  } catch {
    // The page demands trusted types. Then it is the text alone.
    return h("p", {}, markup.replace(/<[^>]*>/g, " "));
  }
}

function copy(source: Node, target: ParentNode, pictures: string): void {
  for (const node of source.childNodes) {
    if (node instanceof Text) {
      const text = node.data;
      add(target, target instanceof HTMLAnchorElement ? text : linked(text));
    } else if (node instanceof Element) {
      const made = twin(node, node.localName, pictures);
      if (made !== null) {
        copy(node, made ?? target, pictures);
        add(target, made);
      }
    }
  }
}

/** The element to build for one of the markup: undefined for its content alone, null for nothing. */
function twin(source: Element, tag: string, pictures: string): HTMLElement | undefined | null {
  if (SILENT.has(tag)) {
    return null;
  }
  if (tag === "a") {
    const href = safeAddress(source.getAttribute("href"), LINKS);
    return href ? link(href) : undefined;
  }
  if (tag === "img") {
    const src = safeAddress(source.getAttribute("src"));
    const alt = source.getAttribute("alt") ?? "";
    return src && src.startsWith(pictures) ? h("img", { src, alt, loading: "lazy" }) : null;
  }
  if (/^h[1-6]$/.test(tag)) {
    return h("p", { class: "heading" });
  }
  return SAME.has(tag) ? h(tag as Tag) : undefined;
}
