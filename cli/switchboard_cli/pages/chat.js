// The user's side of a chat, through the same HTTP API that apps use (contracts/userchat.md).

import { richText } from "/rich_text.js";

const POLL_MS = 15_000;
const POLL_WHILE_WAITING_MS = 3_000;
const DEFAULT_REGION = "augenfeld";
const DEFAULT_LANGUAGES = "de,en";
const NO_ANSWER = "The server does not answer. Try again in a moment.";

const query = new URLSearchParams(location.search);
const at = (id) => document.getElementById(id);

let etag = null;
let timer = null;
let turn = 0; // counts what the user does; an answer to an older question is not shown
let sending = null; // text and key of the message under way, so that a repetition is the same one
let shown = [];

function randomHex(bytes) {
  const values = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(values, (value) => value.toString(16).padStart(2, "0")).join("");
}

function device() {
  let id = localStorage.getItem("switchboard.device");
  if (!id) {
    id = randomHex(16);
    localStorage.setItem("switchboard.device", id);
  }
  return id;
}

function chatAddress() {
  const parts = [at("region").value, at("language").value, "chat", device()];
  return `/api/v3/${parts.map(encodeURIComponent).join("/")}/`;
}

async function problemOf(response) {
  try {
    return (await response.json()).error || NO_ANSWER;
  } catch {
    return `${NO_ANSWER} (${response.status})`;
  }
}

async function read() {
  clearTimeout(timer);
  const asked = turn;
  let chat = null;
  let problem = "";
  try {
    const headers = etag ? { "If-None-Match": etag } : {};
    const response = await fetch(chatAddress(), { headers, cache: "no-store" });
    if (response.ok) {
      chat = await response.json();
      chat.etag = response.headers.get("ETag");
    } else if (response.status === 404) {
      const text = await problemOf(response);
      problem = text === "Chat not found." ? "" : text;
      chat = { messages: [] };
    } else if (response.status !== 304) {
      problem = await problemOf(response);
    }
  } catch {
    problem = NO_ANSWER;
  }
  if (asked !== turn) {
    return;
  }
  if (chat) {
    show(chat);
  }
  at("problem").textContent = problem;
  schedule();
}

function schedule() {
  clearTimeout(timer);
  const isWaiting = at("typing").textContent || shown.some((message) => message.pending);
  timer = setTimeout(read, isWaiting ? POLL_WHILE_WAITING_MS : POLL_MS);
}

async function send(event) {
  event.preventDefault();
  const text = at("message").value.trim();
  if (!text) {
    return;
  }
  clearTimeout(timer);
  turn += 1;
  if (sending?.text !== text) {
    sending = { text, key: randomHex(16) };
  }
  at("send").disabled = true;
  let problem = "";
  try {
    const response = await fetch(chatAddress(), {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": sending.key },
      body: JSON.stringify({ message: text, force_new: at("force-new").checked }),
    });
    if (response.ok) {
      sending = null;
      at("message").value = "";
      at("force-new").checked = false;
      const chat = await response.json();
      chat.etag = response.headers.get("ETag");
      show(chat);
    } else {
      problem = await problemOf(response);
    }
  } catch {
    problem = NO_ANSWER;
  }
  at("send").disabled = false;
  at("problem").textContent = problem;
  schedule();
}

function show(chat) {
  etag = chat.etag ?? null;
  const list = at("messages");
  const before = list.children.length;
  chat.messages.forEach((message, index) => {
    const old = list.children[index];
    const content = JSON.stringify(message);
    if (old?.dataset.content === content) {
      return;
    }
    const element = messageElement(message);
    element.dataset.content = content;
    if (old) {
      old.replaceWith(element);
    } else {
      list.append(element);
    }
  });
  while (list.children.length > chat.messages.length) {
    list.lastElementChild.remove();
  }
  shown = chat.messages;
  at("empty").hidden = shown.length > 0;
  at("typing").textContent = chat.chatbot_typing ? "The assistant is writing …" : "";
  if (list.children.length > before) {
    const view = at("view");
    view.scrollTop = view.scrollHeight;
  }
}

function messageElement(message) {
  const item = document.createElement("li");
  item.classList.add("message");
  item.classList.toggle("own", message.user_is_author);
  item.classList.toggle("pending", Boolean(message.pending));
  const head = document.createElement("header");
  head.append(part("span", sender(message)), part("time", clock(message.created_at)));
  if (message.pending) {
    head.append(part("span", "waiting to be delivered"));
  }
  const text = document.createElement("div");
  text.className = "text";
  text.dir = "auto";
  text.append(message.user_is_author ? message.content : richText(message.content));
  item.append(head, text);
  if (message.attachments.length) {
    item.append(attachments(message.attachments));
  }
  return item;
}

function attachments(files) {
  const list = document.createElement("ul");
  for (const file of files) {
    const link = part("a", file.filename);
    link.href = `${chatAddress()}${encodeURIComponent(file.id)}/`;
    const item = document.createElement("li");
    item.append(link);
    list.append(item);
  }
  return list;
}

function sender(message) {
  if (message.user_is_author) {
    return "You";
  }
  return message.automatic_answer ? "Assistant" : "Adviser";
}

function clock(moment) {
  const time = new Date(moment);
  const options = { hour: "2-digit", minute: "2-digit" };
  return Number.isNaN(time.valueOf()) ? "" : time.toLocaleTimeString([], options);
}

function part(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

function restart() {
  turn += 1;
  etag = null;
  sending = null;
  at("device").textContent = device().slice(0, 8);
  show({ messages: [] });
  read();
}

function offer(select, pairs, wanted) {
  select.replaceChildren(...pairs.map(([value, text]) => new Option(text, value)));
  if (pairs.some(([value]) => value === wanted)) {
    select.value = wanted;
  }
}

async function json(address) {
  try {
    const response = await fetch(address);
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

async function start() {
  const [settings, regions] = await Promise.all([json("/local.json"), json("/api/v3/regions/")]);
  if (settings?.advisers) {
    at("advisers").href = settings.advisers;
    at("advisers").hidden = false;
  }
  const wanted = query.get("region") ?? DEFAULT_REGION;
  const found = Array.isArray(regions) ? regions.map((region) => [region.path, region.name]) : [];
  offer(at("region"), found.length ? found : [[wanted, wanted]], wanted);
  const languages = (query.get("languages") ?? DEFAULT_LANGUAGES).split(",");
  const language = localStorage.getItem("switchboard.language");
  offer(at("language"), languages.map((name) => [name, name]), language);
  restart();
}

at("form").addEventListener("submit", send);
at("message").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    at("form").requestSubmit();
  }
});
at("region").addEventListener("change", restart);
at("language").addEventListener("change", () => {
  localStorage.setItem("switchboard.language", at("language").value);
  restart();
});
at("new-device").addEventListener("click", () => {
  localStorage.removeItem("switchboard.device");
  restart();
});
start();
