// Search, sort and compare without a server. Everything is on the page already: nothing is fetched, and nothing that an
// entry says is ever taken for markup (text nodes only).
"use strict";
(() => {
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const count = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;

  // ---- the questions: search, filter, sort, choose

  function questions() {
    const list = one("#questions");
    const controls = one("#controls");
    if (!list || !controls) return;
    controls.hidden = false;
    const items = all(":scope > li", list);
    const places = new Map(items.map((item, at) => [item, at]));
    const texts = new Map();
    const text = (item) => {
      if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
      return texts.get(item);
    };
    const search = one("#search"), verdict = one("#verdict"), data = one("#data"), sort = one("#sort"), told = one("#told");
    const number = (item, name) => (item.dataset[name] === undefined ? -Infinity : Number(item.dataset[name]));
    const orders = {
      newest: (a, b) => places.get(a) - places.get(b),
      oldest: (a, b) => places.get(b) - places.get(a),
      gain: (a, b) => number(b, "gain") - number(a, "gain") || places.get(a) - places.get(b),
      score: (a, b) => number(b, "score") - number(a, "score") || places.get(a) - places.get(b),
      title: (a, b) => text(a).trim().localeCompare(text(b).trim()),
    };
    let order = "newest";
    function show() {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const item of items) {
        const fits =
          (!verdict.value || item.dataset.verdict === verdict.value) &&
          (!data.value || item.dataset.data === data.value) &&
          words.every((word) => text(item).includes(word));
        item.hidden = !fits;
        shown += fits;
      }
      if (sort.value !== order) {
        order = sort.value;
        list.append(...[...items].sort(orders[order]));
      }
      told.textContent = shown === items.length ? "" : `${shown.toLocaleString("en")} of ${count(items.length, "question")}`;
    }
    let waiting = 0;
    search.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(show, items.length > 500 ? 120 : 0);
    });
    for (const control of [verdict, data, sort]) control.addEventListener("change", show);
    controls.addEventListener("submit", (event) => event.preventDefault());
    const asked = new URLSearchParams(location.search);
    for (const [name, control] of Object.entries({ search, verdict, data, sort }))
      if (asked.has(name)) control.value = asked.get(name);
    if (sort.value === "") sort.value = "newest";
    show();

    const bar = one("#bar"), link = one("#compare");
    const ticked = () => all("input[name=pick]:checked", list).map((box) => box.value);
    for (const label of all(".pick", list)) label.hidden = false;
    const tell = () => {
      const ids = ticked();
      bar.hidden = ids.length < 2;
      link.href = `compare.html#${ids.map(encodeURIComponent).join(",")}`;
      link.textContent = `Compare ${count(ids.length, "entry").replace("entrys", "entries")}`;
    };
    list.addEventListener("change", tell);
    tell();
  }

  // ---- tables: sorted by a click on a heading

  function tables() {
    for (const table of all("table.sortable")) {
      const heads = all("thead th", table);
      heads.forEach((head, column) => {
        const button = document.createElement("button");
        button.type = "button";
        button.append(...head.childNodes);
        head.append(button);
        button.addEventListener("click", () => {
          const up = head.getAttribute("aria-sort") !== "ascending" && !(head.classList.contains("n") && !head.hasAttribute("aria-sort"));
          for (const other of heads) other.removeAttribute("aria-sort");
          head.setAttribute("aria-sort", up ? "ascending" : "descending");
          const body = one("tbody", table);
          const keyed = [...body.rows].map((row, at) => {
            const cell = row.cells[column];
            const said = cell.dataset.value ?? cell.textContent.trim();
            return { row, at, said, value: said === "" || said === "-" ? NaN : Number(said) };
          });
          const numbers = keyed.some((one) => !Number.isNaN(one.value));
          const sign = up ? 1 : -1;
          keyed.sort((a, b) => {
            if (!numbers) return sign * a.said.localeCompare(b.said) || a.at - b.at;
            if (Number.isNaN(a.value) || Number.isNaN(b.value)) return Number.isNaN(a.value) - Number.isNaN(b.value) || a.at - b.at;
            return sign * (a.value - b.value) || a.at - b.at;
          });
          body.append(...keyed.map((one) => one.row));
        });
      });
    }
  }

  // ---- a comparison of chosen entries

  function comparison() {
    const holder = one("#journal"), place = one("#comparison");
    if (!holder || !place) return;
    const entries = new Map(JSON.parse(holder.textContent).map((entry) => [entry.id, entry]));
    const input = one("#add"), form = one("#chooser"), same = one("#same"), said = one("#said");
    form.hidden = false;
    const make = (tag, content, attributes = {}) => {
      const made = document.createElement(tag);
      if (content !== undefined) made.append(content);
      for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
      return made;
    };
    const chosen = () =>
      [...new Set(location.hash.slice(1).split(",").map((part) => { try { return decodeURIComponent(part); } catch { return ""; } }))].filter((id) => entries.has(id)).slice(0, 8);
    const choose = (ids) => { location.hash = ids.map(encodeURIComponent).join(","); };
    const find = (words) => {
      const wanted = words.trim().toLowerCase();
      if (!wanted) return [];
      const exact = [...entries.values()].filter((entry) => entry.id === wanted || entry.short === wanted || entry.option.toLowerCase() === wanted);
      if (exact.length) return exact;
      const parts = wanted.split(/\s+/);
      return [...entries.values()].filter((entry) => parts.every((part) => entry.option.toLowerCase().includes(part) || entry.id.includes(part)));
    };

    function draw() {
      const shown = chosen().map((id) => entries.get(id));
      place.replaceChildren();
      if (shown.length === 0) {
        place.append(make("p", "Nothing is chosen yet. Add entries above, or tick them among the questions.", { class: "note" }));
        return;
      }
      const table = make("table"), head = make("thead"), body = make("tbody"), names = make("tr");
      names.append(make("th", "entry", { scope: "col" }));
      for (const entry of shown) {
        const cell = make("th", undefined, { scope: "col", class: "t" });
        cell.append(make("a", entry.title, { href: entry.url }), make("br"), `${entry.short} `);
        const drop = make("button", "remove", { type: "button", class: "drop", "aria-label": `remove ${entry.title} (${entry.short})` });
        drop.addEventListener("click", () => choose(chosen().filter((id) => id !== entry.id)));
        cell.append(drop);
        names.append(cell);
      }
      head.append(names);
      const keys = new Set(shown.flatMap((entry) => Object.keys(entry.said)));
      const declared = new Set(shown.flatMap((entry) => Object.keys(entry.declared)));
      let left = 0;
      const row = (key, values) => {
        const differs = values.some((value) => value !== values[0]);
        if (!differs && shown.length > 1 && !same.checked) { left += 1; return; }
        const line = make("tr", undefined, differs && same.checked ? { class: "differs" } : {});
        const name = make("th", undefined, { scope: "row" });
        // long names break after a point or a bracket, not within a word
        name.append(...key.split(/(?<=[.\]])/).flatMap((part) => [part, document.createElement("wbr")]));
        line.append(name);
        for (const value of values) line.append(make("td", value ?? "-", { class: "t" }));
        body.append(line);
      };
      for (const key of keys) row(key, shown.map((entry) => entry.said[key]));
      for (const key of declared) row(key, shown.map((entry) => entry.declared[key]));
      table.append(head, body);
      const frame = make("div", undefined, { class: "table wide", role: "region", "aria-label": "comparison", tabindex: "0" });
      frame.append(table);
      place.append(frame);
      if (left) place.append(make("p", `${count(left, "line")} left out, in which they are the same.`, { class: "note" }));
    }

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const found = find(input.value).filter((entry) => !chosen().includes(entry.id));
      if (found.length === 1) {
        choose([...chosen(), found[0].id]);
        input.value = "";
        said.textContent = `added: ${found[0].title}`;
      } else {
        said.textContent = found.length ? `${count(found.length, "entry").replace("entrys", "entries")} fit; say more` : "no entry fits";
      }
    });
    same.addEventListener("change", draw);
    addEventListener("hashchange", draw);
    draw();
  }

  questions();
  tables();
  comparison();
})();
