// Refreshes the marked part of the page every two seconds, and sends forms without leaving it: what
// is being typed is never lost. Without this script forms work as forms do.
"use strict";
const part = document.querySelector("[data-refresh]");
const status = document.getElementById("status");
const problem = document.getElementById("problem");
const title = document.title;
let unread = 0;

async function refresh() {
  const answer = await fetch(part.dataset.refresh);
  if (answer.ok) {
    // Inert, and made of this server's own sanitised markup.
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    show(page.body);
  }
}

// Changes only what is different, so that focus and selection stay, and only news is announced.
function show(fresh) {
  inLocalTime(fresh);
  const held = part.contains(document.activeElement) ? target(document.activeElement) : "";
  const log = part.querySelector("[role=log]");
  const before = log?.querySelectorAll("li").length;
  updateChildren(part, fresh);
  if (held && document.activeElement === document.body) {
    [...part.querySelectorAll("a, button")].find((one) => target(one) === held)?.focus();
  }
  if (log && log.querySelectorAll("li").length > before) {
    showNewest();
  }
  countUnread();
}

function showNewest() {
  scrollTo(0, document.documentElement.scrollHeight);
}

function updateChildren(shown, fresh) {
  const children = [...fresh.children];
  children.forEach((child, index) => {
    const old = shown.children[index];
    if (!old) {
      shown.append(child);
    } else if (old.matches("[data-parts]") && child.matches("[data-parts]")) {
      updateChildren(old, child);
    } else if (!old.isEqualNode(child)) {
      old.replaceWith(child);
    }
  });
  while (shown.children.length > children.length) {
    shown.lastElementChild.remove();
  }
}

function target(element) {
  return element.href ?? element.form?.action ?? "";
}

function inLocalTime(root) {
  for (const time of root.querySelectorAll("time")) {
    time.textContent = new Date(time.dateTime).toLocaleTimeString();
  }
}

function countUnread() {
  const count = part.querySelectorAll(".unread").length;
  if (count > unread) {
    status.textContent = `Unread tickets: ${count}`;
  }
  unread = count;
  document.title = count ? `(${count}) ${title}` : title;
}

async function send(form, submitter) {
  const isAnswer = form.id === "answer";
  if (problem) {
    problem.textContent = "";
  }
  if (isAnswer && !form.body.value.trim() && !form.attachment.files.length) {
    problem.textContent = "Write something, or choose a file.";
    form.body.focus();
    return;
  }
  submitter.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
    if (!answer.ok) {
      throw new Error(String(answer.status));
    }
    if (isAnswer) {
      form.reset();
    }
    status.textContent = form.dataset.done;
    await refresh();
  } catch {
    problem.textContent = "That did not work: the simulator did not take it. What you wrote is still here.";
  }
  submitter.disabled = false;
  const action = form.action;
  const again = [...document.forms].find((one) => one.action === action);
  (isAnswer ? form.body : again?.querySelector("button"))?.focus();
}

async function refreshIfSeen() {
  if (!document.hidden && innerWidth) {
    try {
      await refresh();
    } catch {
      // The simulator is stopped; the next round tries again.
    }
  }
}

if (part) {
  inLocalTime(part);
  countUnread();
  if (part.querySelector("[role=log]")) {
    showNewest();
  }
  setInterval(refreshIfSeen, 2000);
  document.addEventListener("submit", (event) => {
    event.preventDefault();
    send(event.target, event.submitter);
  });
  document.getElementById("body")?.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.target.form.requestSubmit(event.target.form.querySelector("button"));
    }
  });
}
