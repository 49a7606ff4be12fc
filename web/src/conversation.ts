// What a chat is to the view, whoever is at the other end: the user chat's desk or one chatbot.

import type { Phrase } from "./texts.ts";

export interface Attachment {
  name: string;
  /** Empty for a file that is still here. */
  url: string;
  isPicture: boolean;
}

/** `divider` is no message: its text is the view's, where an adviser takes over. */
export type Author = "user" | "assistant" | "adviser" | "divider";

export interface Item {
  author: Author;
  text: string;
  format: "text" | "html" | "markdown";
  /** Milliseconds since 1970; 0 if unknown. */
  at: number;
  attachments: Attachment[];
  /** A number that grows, for what others have written; empty for what is written here. */
  id: string;
  state: "" | "sending" | "pending" | "failed";
  /** Of an item that is being sent, or could not be: for `retry` and `discard`. */
  outgoing?: string;
  problem?: Phrase;
  /** False: no use in trying again. */
  canRetry?: boolean;
  /** 0 to 1 of an upload. */
  progress?: number;
  /** In the adviser's own words; `text` is its translation then. */
  original?: string;
}

export interface Snapshot {
  stage: "loading" | "gate" | "chat" | "unavailable";
  items: Item[];
  isTyping: boolean;
  notice: Phrase | null;
  title: string;
  /** What the assistant is called; empty for the interface's own word. */
  assistant: string;
  logo: string;
  /** Addresses of a picture behind the messages, and of a page about the chat. */
  background: string;
  info: string;
  welcome: string;
  prompts: string[];
  placeholder: string;
  /** The privacy text of the gate, or its address. */
  policy: string;
  /** Where the addresses of the chat's own pictures begin. */
  pictures: string;
  takesFiles: boolean;
  /** Null: nobody asks. */
  evaluation: boolean | null;
  canErase: boolean;
}

export interface Listener {
  changed(): void;
  /** Somebody has said something just now. */
  said(item: Pick<Item, "author" | "text" | "id">): void;
  handedOver(): void;
}

export interface Conversation {
  snapshot(): Snapshot;
  /** Begins to read; `isOpen` tells whether anybody looks. */
  watch(isOpen: boolean): void;
  stop(): void;
  send(text: string, files: File[]): void;
  retry(outgoing: string): void;
  discard(outgoing: string): void;
  setLanguage(language: string): void;
  startNew(): void;
  agree?(evaluation: boolean): void;
  setEvaluation?(given: boolean): void;
  erase?(): Promise<void>;
}

export const EMPTY: Snapshot = {
  stage: "loading",
  items: [],
  isTyping: false,
  notice: null,
  title: "",
  assistant: "",
  logo: "",
  background: "",
  info: "",
  welcome: "",
  prompts: [],
  placeholder: "",
  policy: "",
  pictures: "",
  takesFiles: false,
  evaluation: null,
  canErase: false,
};
