// Suggestions under the search box: ARIA's editable combobox with a list. Without this file the
// form is whole. What is typed is sent to this service alone, and kept nowhere.

const PAUSE = 120; // ms after the last key
const SHORTEST = 2;

function enhance(form) {
  const input = form.querySelector("input[name=q]");
  const entry = input.parentElement;
  const list = document.createElement("ul");
  const said = document.createElement("p");
  let options = [];
  let active = -1;
  let typed = input.value;
  let timer = 0;
  let asking = null;

  list.id = "q-suggestions";
  list.className = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", form.dataset.label);
  list.hidden = true;
  said.className = "unseen";
  said.setAttribute("role", "status");
  entry.append(list);
  form.append(said);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  function close() {
    clearTimeout(timer);
    asking?.abort();
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function mark(number) {
    options[active]?.setAttribute("aria-selected", "false");
    active = number;
    const chosen = options[active];
    if (chosen) {
      chosen.setAttribute("aria-selected", "true");
      chosen.scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", chosen.id);
      input.value = chosen.textContent;
    } else {
      input.removeAttribute("aria-activedescendant");
      input.value = typed;
    }
  }

  function take(text) {
    input.value = text;
    close();
    form.requestSubmit();
  }

  function show(texts) {
    options = texts.map((text, number) => {
      const option = document.createElement("li");
      option.id = `q-suggestion-${number}`;
      option.dir = "auto";
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.textContent = text; // never as markup
      option.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the focus
      option.addEventListener("click", () => take(text));
      return option;
    });
    list.replaceChildren(...options);
    active = -1;
    input.removeAttribute("aria-activedescendant");
    list.hidden = !options.length;
    input.setAttribute("aria-expanded", String(options.length > 0));
    const words = options.length === 1 ? form.dataset.one : form.dataset.many;
    said.textContent = options.length ? words.replace("{n}", options.length) : form.dataset.none;
  }

  async function ask() {
    asking?.abort();
    const mine = new AbortController();
    asking = mine;
    try {
      const address = `${form.dataset.suggest}?q=${encodeURIComponent(typed)}`;
      const response = await fetch(address, { signal: mine.signal });
      const [, texts] = response.ok ? await response.json() : ["", []];
      if (!mine.signal.aborted && document.activeElement === input) show(texts);
    } catch {
      // Aborted, or the service is away: the form still works.
    }
  }

  input.addEventListener("input", (event) => {
    typed = input.value;
    clearTimeout(timer);
    if (event.isComposing) return;
    if (typed.trim().length < SHORTEST) {
      close();
      said.textContent = "";
    } else {
      timer = setTimeout(ask, PAUSE); // what is shown stays until then: nothing flickers
    }
  });

  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const open = !list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (event.altKey || !open) {
        if (open) close();
        else if (typed.trim().length >= SHORTEST) ask();
      } else {
        const step = event.key === "ArrowDown" ? 1 : -1;
        const places = options.length + 1; // one more: what was typed
        mark(((active + 1 + step + places) % places) - 1);
      }
      event.preventDefault();
    } else if (event.key === "Escape" && open) {
      mark(-1);
      close();
      event.preventDefault();
    } else if (event.key === "Escape" && input.value) {
      input.value = typed = "";
      event.preventDefault();
    } else if (event.key === "Enter") {
      close();
    }
  });

  input.addEventListener("blur", () => {
    typed = input.value;
    close();
  });
}

document.querySelectorAll("form[data-suggest]").forEach(enhance);
