// What chatbots write: text with the few marks of Markdown that models use. Everything that is
// not one of them is text, HTML included.

import { add, h, link, linked, safeAddress } from "./dom.ts";

const ITEM = /^\s*(?:[-*•]|(\d{1,3})[.)])\s+(.*)$/;
const HEADING = /^#{1,6}\s+(.*)$/;
const INLINE = /`([^`\n]+)`|\*\*([^*\n]+)\*\*|!?\[([^\]\n]+)\]\(([^()\s]+)\)/g;

/** The text as nodes that are safe to insert. */
export function markdown(text: string): Node {
  const target = new DocumentFragment();
  for (const [index, block] of text.split(/^```\w*\s*$/m).entries()) {
    if (index % 2) {
      add(target, h("pre", {}, h("code", {}, block.trim())));
      continue;
    }
    let last: HTMLElement | undefined;
    for (const line of block.split("\n")) {
      const [, number, item] = ITEM.exec(line) ?? [];
      const [, heading] = HEADING.exec(line) ?? [];
      const tag = item === undefined ? "p" : number ? "ol" : "ul";
      if (!line.trim() && last?.localName !== "ol") {
        last = undefined;
      } else if (line.trim()) {
        if (last?.localName !== tag || heading) {
          last = h(tag, { start: number, class: heading && "heading" });
          add(target, last);
        } else if (tag === "p") {
          add(last, "\n");
        }
        add(last, item === undefined ? inline(heading ?? line) : h("li", {}, inline(item)));
        last = heading ? undefined : last;
      }
    }
  }
  return target;
}

function inline(text: string): Node {
  const target = new DocumentFragment();
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    const [all, code, strong, title, address] = match;
    add(target, linked(text.slice(end, match.index)));
    end = match.index + all.length;
    if (code) {
      add(target, h("code", {}, code));
    } else if (strong) {
      add(target, h("strong", {}, linked(strong)));
    } else {
      const href = safeAddress(address);
      add(target, href ? link(href, title) : linked(all));
    }
  }
  add(target, linked(text.slice(end)));
  return target;
}
