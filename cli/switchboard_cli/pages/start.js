// The start page: the user's chat, what the stack saw happen, the adviser's desk.

import { Activity } from "/activity.js";
import { Columns } from "/columns.js";

const at = (id) => document.getElementById(id);

async function settings() {
  const none = { desk: null, zammad: null, regions: [], chatbots: [] };
  try {
    const response = await fetch("/local.json");
    return response.ok ? await response.json() : none;
  } catch {
    return none;
  }
}

function element(name, words, attributes = {}) {
  const made = document.createElement(name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  made.textContent = words;
  return made;
}

// What was chosen last time, as far as this browser keeps it.
function remembered(name) {
  try {
    return localStorage.getItem(`start:${name}`);
  } catch {
    return null;
  }
}

function remember(name, value) {
  try {
    localStorage.setItem(`start:${name}`, value);
  } catch {
    // It is chosen anew next time.
  }
}

// The user's side: a region's chat, or a chatbot that needs no key.
function showChat({ regions, chatbots }) {
  const partner = at("partner");
  const offered = (title, all) => {
    const group = element("optgroup", "", { label: title });
    group.append(...all.map(([value, words]) => new Option(words, value)));
    return all.length ? [group] : [];
  };
  partner.append(
    ...offered("Chatbot and advisers", regions.map(({ slug, name }) => [`region ${slug}`, name])),
    ...offered("Chatbot only", chatbots.map(({ address, name }) => [`chatbot ${address}`, name])),
  );
  const options = [...partner.options].map(({ value }) => value);
  if (!options.length) {
    at("user").querySelector(".bar").hidden = true;
    at("chat").append(element("p", "There is no region with a chat yet. Apply a manifest with one: the folder examples has it.", { class: "empty" }));
    return;
  }
  if (options.includes(remembered("partner"))) {
    partner.value = remembered("partner");
  }
  const widget = element("switchboard-chat", "", { inline: "" });
  const choose = () => {
    const [kind, name] = partner.value.split(" ");
    const region = kind === "region" ? regions.find(({ slug }) => slug === name) : null;
    at("language-choice").hidden = !region;
    if (region) {
      offerLanguages(region.languages);
      widget.removeAttribute("api");
      widget.setAttribute("region", name);
    } else {
      widget.removeAttribute("region");
      widget.setAttribute("api", name);
    }
    setLanguage();
    remember("partner", partner.value);
  };
  const setLanguage = () => {
    const language = at("language-choice").hidden ? "en" : at("language").value;
    widget.setAttribute("languages", language); // the page's own choice is the only one
    widget.setAttribute("language", language);
  };
  partner.addEventListener("change", choose);
  at("language").addEventListener("change", () => {
    remember("language", at("language").value);
    setLanguage();
  });
  choose();
  at("chat").append(widget);
}

function offerLanguages(languages) {
  const names = new Intl.DisplayNames(["en"], { type: "language", fallback: "code" });
  const nameOf = (language) => {
    try {
      return names.of(language);
    } catch {
      return language;
    }
  };
  at("language").replaceChildren(...languages.map((one) => new Option(nameOf(one), one)));
  const wanted = [remembered("language"), navigator.language.split("-")[0]];
  at("language").value = wanted.find((one) => languages.includes(one)) ?? languages[0];
}

function showDesk({ desk, zammad }) {
  if (desk) {
    at("alone").href = `${desk}/`;
    at("alone").hidden = false;
    at("frame").append(element("iframe", "", { name: "desk", src: `${desk}/`, title: "Adviser’s desk, a simulator in place of Zammad" }));
    return;
  }
  at("memory").textContent = "Everything but Zammad is kept in memory and ends with the stack.";
  at("desk-what").textContent = "A real Zammad";
  const words = element("p", "This stack uses a real Zammad, not the simulator. Answer there as an adviser.", { class: "empty" });
  if (zammad) {
    words.append(" ", element("a", zammad, { href: zammad, target: "_blank", rel: "noopener" }));
  }
  at("frame").append(words);
}

const columns = new Columns(at("tabs"));
const known = await settings();
showChat(known);
showDesk(known);
new Activity(known, {
  happened: () => columns.mark("events"),
  followed: () => columns.show("desk"),
}).start();
