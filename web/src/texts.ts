// What the interface says, in ten languages: each file of ../texts is one. The build makes lists of
// them, in the order of the keys of English; a further language is one more file.

import { keys, lists } from "all-texts";
import type en from "../texts/en.json";

export type Key = keyof typeof en;

/** Something to say, in whichever language is chosen when it is shown. */
export interface Phrase {
  key: Key;
  values?: Record<string, string | number>;
}

export type Say = (key: Key, values?: Phrase["values"]) => string;

const PLACES = keys.split("|");
const RIGHT_TO_LEFT = ["ar", "fa"];

export const LANGUAGES = Object.keys(lists);

/** `de` for `de-AT`; undefined for a language without texts. */
export function known(language: string): string | undefined {
  const base = language.toLowerCase().split("-")[0] ?? "";
  return base in lists ? base : undefined;
}

export function direction(language: string): "ltr" | "rtl" {
  return RIGHT_TO_LEFT.includes(language.split("-")[0] ?? "") ? "rtl" : "ltr";
}

/** The language's own name; its code where there are no texts in it. */
export function nameOf(language: string): string {
  const found = known(language);
  return found ? texts(found)("name") : language;
}

/** The texts in a language, English without them; `{name}` stands for a value of that name. */
export function texts(language: string): Say {
  const list = lists[known(language) ?? "en"]!.split("|");
  return (key, values = {}) =>
    list[PLACES.indexOf(key)]!.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}
