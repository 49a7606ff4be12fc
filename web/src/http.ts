// One way to ask a server and one to upload: both end with an answer, never with an exception.

import type { Phrase } from "./texts.ts";

const PATIENCE_MS = 35_000;
const UPLOAD_PATIENCE_MS = 180_000;

/** `status` is 0 if there was no answer at all; `body` is null if it was no JSON object. */
export interface Reply {
  status: number;
  body: Record<string, unknown> | null;
  etag: string;
  /** Seconds; 0 if the server did not say. */
  retryAfter: number;
}

export interface Ask {
  method?: "GET" | "POST" | "DELETE";
  headers?: Record<string, string>;
  json?: unknown;
}

/** Asks with `fetch`, past every cache, without cookies. */
export async function ask(url: string, { method = "GET", headers = {}, json }: Ask): Promise<Reply> {
  const body = json === undefined ? null : JSON.stringify(json);
  try {
    const response = await fetch(url, {
      method,
      body,
      headers: body ? { "Content-Type": "application/json", ...headers } : headers,
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return reply(response.status, await response.text(), (name) => response.headers.get(name));
  } catch {
    return reply(0, "", () => null);
  }
}

/** Posts a form with XMLHttpRequest, which alone tells how far it is: `progress` gets 0 to 1. */
export function upload(
  url: string,
  form: FormData,
  headers: Record<string, string>,
  progress: (part: number) => void,
): Promise<Reply> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.timeout = UPLOAD_PATIENCE_MS;
    Object.entries(headers).forEach(([name, value]) => request.setRequestHeader(name, value));
    request.upload.onprogress = (event) => progress(event.total ? event.loaded / event.total : 0);
    request.onloadend = () =>
      resolve(
        reply(request.status, request.responseText, (name) => request.getResponseHeader(name)),
      );
    request.send(form);
  });
}

/** What a person should read about a failure. */
export function problem({ status, body, retryAfter }: Reply): Phrase {
  const code = (body?.["error"] as { code?: string } | undefined)?.code ?? body?.["code"];
  if (status === 0) {
    return { key: "offline" };
  }
  if (status === 429 || status === 402) {
    return { key: "limit", values: { minutes: Math.max(1, Math.ceil(retryAfter / 60)) } };
  }
  if (code === "chat_full") {
    return { key: "newChat" };
  }
  const isNotOurs = [401, 403, 404].includes(status) || code === "chat_not_configured";
  return { key: isNotOurs ? "unavailable" : "error" };
}

function reply(status: number, text: string, header: (name: string) => string | null): Reply {
  let body = null;
  try {
    const parsed: unknown = JSON.parse(text);
    body = parsed && typeof parsed === "object" ? (parsed as Reply["body"]) : null;
  } catch {
    // Not ours to read: a proxy's page, or nothing.
  }
  const retryAfter = Number(header("Retry-After")) || 0;
  return { status, body, etag: header("ETag") ?? "", retryAfter };
}
