// Search, copying, light and dark, and a language switch that stays at the same place. Everything else is plain HTML.
"use strict";

const root = document.body.dataset.root;
const input = document.getElementById("search");
const list = document.getElementById("found");
const MOST = 12;

const fold = (text) => text.toLowerCase().replaceAll("đ", "d").normalize("NFD").replace(/\p{M}/gu, "");

/* All words must occur; what begins with the text, in title or code, comes first, events before the rest. */
function find(text) {
  const words = fold(text).split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const whole = words.join(" ");
  const rank = ([, title, code, , found], place) => {
    if (!words.every((word) => found.includes(word))) return -1;
    const names = [fold(title), fold(code), fold(code).split(".").slice(1).join(".")];
    if (names.some((name) => name === whole)) return place;
    if (names.some((name) => name.startsWith(whole))) return 1e4 + place;
    return (names.some((name) => name.includes(whole)) ? 2e4 : 3e4) + place;
  };
  return (window.MOTCUA_INDEX || [])
    .map((entry, place) => [rank(entry, place), entry])
    .filter(([place]) => place >= 0)
    .sort(([a], [b]) => a - b)
    .slice(0, MOST)
    .map(([, entry]) => entry);
}

function element(name, text, properties = {}) {
  return Object.assign(document.createElement(name), { textContent: text, ...properties });
}

function option([kind, title, code, path], number) {
  const item = element("li", "", { id: `found-${number}`, role: "option", ariaSelected: "false" });
  item.dataset.href = root + path;
  item.append(element("span", title), element("span", kind, { className: "kind" }), element("code", code));
  return item;
}

function show() {
  const text = input.value.trim();
  const found = find(text);
  list.replaceChildren(...found.map(option));
  if (text && found.length === 0) list.append(element("li", list.dataset.none, { className: "mute", role: "option", ariaDisabled: "true" }));
  list.hidden = !text;
  input.setAttribute("aria-expanded", String(Boolean(text)));
  choose(0);
}

function hide() {
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

function choose(number) {
  const options = [...list.querySelectorAll("[data-href]")];
  const chosen = options.at(number % (options.length || 1));
  for (const each of options) each.ariaSelected = String(each === chosen);
  if (!chosen) return input.removeAttribute("aria-activedescendant");
  input.setAttribute("aria-activedescendant", chosen.id);
  chosen.scrollIntoView({ block: "nearest" });
}

const chosen = () => [...list.querySelectorAll("[data-href]")].findIndex((each) => each.ariaSelected === "true");

function open(item) {
  if (!item) return;
  hide();
  input.value = "";
  location.href = item.dataset.href;
}

if (input) {
  input.addEventListener("input", show);
  input.addEventListener("focus", () => input.value.trim() && show());
  input.addEventListener("blur", () => setTimeout(hide, 150));
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") choose(chosen() + 1);
    else if (event.key === "ArrowUp") choose(chosen() - 1);
    else if (event.key === "Enter") open(list.querySelector('[aria-selected="true"]'));
    else if (event.key === "Escape") hide();
    else return;
    if (event.key !== "Escape") event.preventDefault();
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => open(event.target.closest("[data-href]")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.matches("input, textarea")) return;
    event.preventDefault();
    input.focus();
  });
}

/* A clipboard is not given to every page that lies on a disk: then the text is selected and copied as by hand. */
async function copy(text, code) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const range = document.createRange();
    range.selectNodeContents(code);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    document.execCommand("copy");
  }
}

for (const button of document.querySelectorAll(".copy")) {
  button.addEventListener("click", async () => {
    const code = button.parentElement.querySelector("code");
    await copy(code.textContent, code);
    const label = button.textContent;
    button.textContent = button.dataset.copied;
    setTimeout(() => (button.textContent = label), 1500);
  });
}

document.getElementById("theme")?.addEventListener("click", () => {
  const page = document.documentElement;
  const dark = page.dataset.theme ? page.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  page.dataset.theme = dark ? "light" : "dark";
  try {
    localStorage.setItem("motcua-theme", page.dataset.theme);
  } catch {
    // Not every browser keeps anything for a page on a disk.
  }
});

const language = document.querySelector(".language");
language?.addEventListener("click", () => (language.hash = location.hash));
