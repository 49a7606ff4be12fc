// Three columns on a wide screen are three tabs on a narrow one.

const NARROW = matchMedia("(max-width: 47.99rem)");

export class Columns {
  #tabs;
  #shown = "user";

  constructor(list) {
    this.#tabs = [...list.children];
    this.#tabs.forEach((tab) => tab.addEventListener("click", () => this.show(idOf(tab))));
    list.addEventListener("keydown", (event) => this.#move(event));
    NARROW.addEventListener("change", () => this.#apply());
    this.#apply();
  }

  show(id) {
    this.#shown = id;
    this.#apply();
  }

  /** Something new is in this column, and nobody sees it. */
  mark(id) {
    if (NARROW.matches && id !== this.#shown) {
      document.getElementById("news").hidden = false;
    }
  }

  #apply() {
    for (const tab of this.#tabs) {
      const isShown = idOf(tab) === this.#shown;
      const panel = document.getElementById(idOf(tab));
      tab.setAttribute("aria-selected", String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
      panel.classList.toggle("elsewhere", !isShown);
      if (NARROW.matches) {
        panel.setAttribute("role", "tabpanel");
      } else {
        panel.removeAttribute("role");
      }
    }
    if (this.#shown === "events") {
      document.getElementById("news").hidden = true;
    }
  }

  #move(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1 };
    if (event.key in steps) {
      const now = this.#tabs.findIndex((tab) => idOf(tab) === this.#shown);
      const next = this.#tabs[(now + steps[event.key] + this.#tabs.length) % this.#tabs.length];
      this.show(idOf(next));
      next.focus();
      event.preventDefault();
    }
  }
}

function idOf(tab) {
  return tab.getAttribute("aria-controls");
}
