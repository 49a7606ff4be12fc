// A message as the user chat's API takes it (contracts/userchat.md, "Sending"), and what a refusal
// of it means for the person who wrote it.

import { problem, type Reply } from "./http.ts";
import type { Draft, Refusal } from "./outbox.ts";

export function formOf(draft: Draft, allowsEvaluation: boolean): FormData {
  const form = new FormData();
  form.set("message", draft.text);
  draft.files.forEach((file) => form.append("attachment", file));
  if (draft.isFirst) {
    form.set("force_new", "true");
  }
  if (allowsEvaluation) {
    form.set("evaluation_consent", "true");
  }
  return form;
}

/** What the server will not have today it will not have tomorrow. */
export function refusalOf(draft: Draft, reply: Reply): Refusal {
  const isHopeless = reply.status === 400 || reply.status === 413;
  const name = draft.files.map((file) => file.name).join(", ");
  const isAboutFiles = isHopeless && name && reply.body?.["code"] !== "chat_full";
  return {
    problem: isAboutFiles ? { key: "files", values: { name } } : problem(reply),
    isHopeless,
  };
}
