// What chatbots write: text with the few marks of Markdown that models use. Everything that is
// not one of them is text, HTML included.

import { add, h, link, linked, safeAddress } from "./dom.ts";

const ITEM = /^\s*(?:[-*•]|(\d{1,3})[.)])\s+(.*)$/;
const INLINE = /`([^`\n]+)`|\*\*([^*\n]+)\*\*|!?\[([^\]\n]+)\]\(([^()\s]+)\)/g;

/** The text as nodes that are safe to insert. */
export function markdown(text: string): Node {
  const target = document.createDocumentFragment();
  let list: HTMLElement | undefined;
  for (const [index, block] of text.split(/^```\w*\s*$/m).entries()) {
    if (index % 2) {
      add(target, h("pre", {}, h("code", {}, block.trim())));
      continue;
    }
    for (const part of block.split(/\n\s*\n/)) {
      let lines: string[] = [];
      const flush = (): void => {
        if (lines.length) {
          add(target, paragraph(lines.join("\n")));
        }
        lines = [];
      };
      for (const line of part.split("\n")) {
        const item = ITEM.exec(line);
        if (!item) {
          list = undefined;
          if (line.trim()) {
            lines.push(line);
          }
          continue;
        }
        flush();
        const tag = item[1] ? "ol" : "ul";
        if (list?.localName !== tag) {
          list = h(tag, { start: item[1] && item[1] !== "1" ? item[1] : null });
          add(target, list);
        }
        add(list, h("li", {}, inline(item[2] ?? "")));
      }
      flush();
    }
  }
  return target;
}

function paragraph(text: string): Node {
  const heading = /^#{1,6}\s+(.*)$/.exec(text);
  return heading ? h("p", { class: "heading" }, inline(heading[1]!)) : h("p", {}, inline(text));
}

function inline(text: string): Node {
  const target = document.createDocumentFragment();
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
      const href = safeAddress(address ?? null);
      add(target, href ? link(href, title) : linked(all));
    }
  }
  add(target, linked(text.slice(end)));
  return target;
}
