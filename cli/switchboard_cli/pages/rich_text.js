// Shows a message's HTML without ever letting the page interpret it: the markup is parsed into a
// document that runs and loads nothing, and only text, links, lists, emphasis and breaks are
// built anew from it. Everything else leaves its text behind.

const SAME = new Set(["B", "BR", "EM", "I", "LI", "OL", "P", "STRONG", "UL"]);
const BLOCKS = new Set(["BLOCKQUOTE", "DIV", "H1", "H2", "H3", "H4", "PRE", "TR"]);
const SILENT = new Set(["HEAD", "IFRAME", "OBJECT", "SCRIPT", "STYLE", "TEMPLATE", "TITLE"]);
const SCHEMES = new Set(["http:", "https:", "mailto:", "tel:"]);

/** The markup as nodes that are safe to insert. */
export function richText(markup) {
  const source = new DOMParser().parseFromString(markup, "text/html");
  const target = document.createDocumentFragment();
  copyChildren(source.body, target);
  return target;
}

function copyChildren(source, target) {
  for (const node of source.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) {
      target.append(node.data);
    } else if (node.nodeType === Node.ELEMENT_NODE && !SILENT.has(node.tagName)) {
      copyElement(node, target);
    }
  }
}

function copyElement(source, target) {
  let element = target;
  if (SAME.has(source.tagName)) {
    element = document.createElement(source.tagName);
  } else if (BLOCKS.has(source.tagName)) {
    element = document.createElement("p");
  } else if (source.tagName === "A") {
    element = link(source.getAttribute("href")) ?? target;
  }
  copyChildren(source, element);
  if (element !== target) {
    target.append(element);
  }
}

function link(address) {
  let url;
  try {
    url = new URL(address ?? "");
  } catch {
    return null;
  }
  if (!SCHEMES.has(url.protocol)) {
    return null;
  }
  const element = document.createElement("a");
  element.href = url.href;
  element.target = "_blank";
  element.rel = "noopener noreferrer";
  return element;
}
