// The messages of a user chat as its API writes them (contracts/userchat.md, "Reading the chat"),
// and what the view shows of them.

import type { Attachment, Item } from "./conversation.ts";

interface DeskFile {
  id: string;
  filename: string;
  "Content-Type": string;
}

export interface DeskMessage {
  id: number;
  role: string;
  user_is_author: boolean;
  automatic_answer: boolean;
  content: string;
  created_at: string;
  attachments: DeskFile[];
  pending?: boolean;
  /** The id of the adviser's message that this translates; it stands before this one. */
  translation_of?: number;
}

const PICTURES = ["image/jpeg", "image/png", "image/webp"];

/** How often the user has said just this, with so many files. */
export function count(messages: DeskMessage[], text: string, files: number): number {
  return messages.filter(
    (message) =>
      message.user_is_author &&
      textOf(message).trim() === text &&
      message.attachments.length === files,
  ).length;
}

/** An adviser's own words, not the assistant's nor a translation. */
export function isAdvisers(message: DeskMessage): boolean {
  return message.role !== "user" && !message.automatic_answer;
}

/**
 * `address` is the chat's own, which those of its files begin with; ends with a slash. A translation
 * stands where its original does, and has its files.
 */
export function itemsOf(messages: DeskMessage[], address: string): Item[] {
  const items: Item[] = [];
  const advisers = new Map<number | undefined, Item>();
  for (const message of messages) {
    const item = itemOf(message, address);
    const original = advisers.get(message.translation_of);
    if (original) {
      original.original = original.text;
      original.text = item.text;
      original.id = item.id;
      continue;
    }
    if (isAdvisers(message)) {
      if (!advisers.size) {
        items.push({ ...item, author: "divider", text: "", attachments: [], id: "" });
      }
      advisers.set(message.id, item);
    }
    items.push(item);
  }
  return items;
}

/** The content; browsers write line ends into a form as RFC 7578 wants them. */
function textOf({ content }: DeskMessage): string {
  return content.replaceAll("\r\n", "\n");
}

function itemOf(message: DeskMessage, address: string): Item {
  const isUsers = message.user_is_author;
  return {
    author: isUsers ? "user" : message.automatic_answer ? "assistant" : "adviser",
    text: textOf(message),
    format: isUsers ? "text" : "html",
    at: Date.parse(message.created_at) || 0,
    attachments: message.attachments.map((file) => attachment(file, address)),
    id: isUsers ? "" : String(message.id),
    state: message.pending ? "pending" : "",
  };
}

function attachment(file: DeskFile, address: string): Attachment {
  return {
    name: file.filename,
    url: `${address}${encodeURIComponent(file.id)}/`,
    isPicture: PICTURES.includes(file["Content-Type"]),
  };
}
