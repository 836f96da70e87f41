"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const data = JSON.parse($("data").textContent);
  const months = data.months || [];
  const NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const monthName = (at) => `${NAMES[+months[at].slice(5) - 1]} ${months[at].slice(0, 4)}`;
  const told = (value) => {
    if (value === null || value === undefined) return "–";
    const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
    return value.toLocaleString("en-US", { maximumFractionDigits: Math.min(decimals, 6) }).replace("-", "−");
  };
  const element = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };

  // -- light and dark ---------------------------------------------------------------------------------------
  const theme = $("theme");
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme || (prefersDark.matches ? "dark" : "light")) === "dark";
  const tellTheme = () => theme.setAttribute("aria-pressed", String(isDark()));
  theme.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    tellTheme();
  });
  prefersDark.addEventListener("change", tellTheme);
  tellTheme();

  // -- one month for all charts -------------------------------------------------------------------------------
  const slider = $("month");
  let cursor = null;

  const sideName = { own: "scenario", difference: "difference" };
  function readout(id, at) {
    const line = document.querySelector(`[data-readout="${id}"]`);
    if (!line) return;
    line.replaceChildren();
    if (at === null) return;
    const { unit, series } = data.charts[id];
    line.append(element("b", monthName(at)), ": ");
    series.forEach((one, index) => {
      const name = one.name || sideName[one.style];
      const span = one.low[at] === null ? "" : ` [${told(one.low[at])}, ${told(one.high[at])}]`;
      line.append(`${index ? " · " : ""}${name} `, element("b", told(one.mid[at])), `${span} ${unit}`);
    });
  }

  function drawCursor(svg, at) {
    const line = svg.querySelector(".cursor");
    if (!line) return;
    const x = at === null ? -9 : +svg.dataset.x0 + at * svg.dataset.step;
    line.setAttribute("visibility", at === null ? "hidden" : "visible");
    line.setAttribute("x1", x);
    line.setAttribute("x2", x);
  }

  function showMonth(at) {
    cursor = at;
    all("svg[data-step]").forEach((svg) => drawCursor(svg, at));
    Object.keys(data.charts || {}).forEach((id) => readout(id, at));
    if (slider && at !== null) {
      slider.value = at;
      slider.setAttribute("aria-valuetext", monthName(at));
      $("monthname").textContent = monthName(at);
      drawMap(at);
    }
  }

  all("svg[data-step]").forEach((svg) => {
    const find = (event) => {
      const box = svg.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
      const at = Math.round((x - svg.dataset.x0) / svg.dataset.step);
      return Math.min(Math.max(at, 0), months.length - 1);
    };
    svg.addEventListener("pointermove", (event) => {
      const at = find(event);
      if (at !== cursor) showMonth(at);
    });
    svg.addEventListener("pointerdown", (event) => showMonth(find(event)));
  });

  // -- the map ------------------------------------------------------------------------------------------------
  let side = "own";
  const map = data.map;
  const setUse = (node, use) => {
    node.classList.remove("use0", "use1", "use2", "use3", "use4", "usex");
    node.classList.add(`use${use}`);
  };
  function drawMap(at) {
    if (!map) return;
    const states = map.sides[side];
    all("#map svg").forEach((svg) => {
      svg.querySelector("[data-month]").textContent = monthName(at);
      const scale = +svg.dataset.widest;
      all("[data-edge]", svg).forEach((road) => {
        const state = states[road.dataset.edge];
        road.setAttribute("stroke-width", (state ? state.t[at] * scale : 0).toFixed(1));
        if (state) setUse(road, state.class[at]);
      });
      all("[data-node]", svg).forEach((node) => {
        const state = states[node.dataset.node];
        if (!state) return;
        if (state.shut) node.classList.toggle("shut", Boolean(state.shut[at]));
        else setUse(node, state.class[at]);
      });
      all("[data-cross]", svg).forEach((cross) => {
        cross.classList.toggle("off", !states[cross.dataset.cross].shut[at]);
      });
    });
  }
  if (slider) {
    slider.addEventListener("input", () => showMonth(+slider.value));
    const play = $("play");
    let timer = null;
    const stop = () => {
      clearInterval(timer);
      timer = null;
      play.textContent = "▷ play";
      play.setAttribute("aria-pressed", "false");
    };
    play.addEventListener("click", () => {
      if (timer) return stop();
      play.textContent = "❙❙ stop";
      play.setAttribute("aria-pressed", "true");
      if (+slider.value === months.length - 1) showMonth(0);
      timer = setInterval(() => {
        const next = +slider.value + 1;
        if (next >= months.length) stop();
        else showMonth(next);
      }, 500);
      return undefined;
    });
    const other = $("side");
    if (other) {
      other.addEventListener("click", () => {
        side = side === "own" ? "base" : "own";
        other.setAttribute("aria-pressed", String(side === "base"));
        drawMap(+slider.value);
      });
    }
    const choose = (spot) => {
      const name = spot.dataset.spot;
      const was = spot.classList.contains("chosen");
      all(".spot").forEach((one) => one.classList.toggle("chosen", !was && one.dataset.spot === name));
      all("[data-place]").forEach((one) => { one.hidden = was || one.dataset.place !== name; });
      const there = all("[data-place]").some((one) => !one.hidden);
      $("places").hidden = !there;
      $("imports").hidden = there;
      if (there && innerWidth <= 860) $("places").scrollIntoView({ block: "nearest" });
    };
    all(".spot").forEach((spot) => {
      spot.addEventListener("click", () => choose(spot));
      spot.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        choose(spot);
      });
    });
  }
  if (map) showMonth(map.start);

  // -- where a number comes from ------------------------------------------------------------------------------
  const tip = $("tip");
  let holder = null;
  let pinned = false;
  let waiting = null;

  function fill(trace) {
    tip.replaceChildren();
    tip.append(element("b", trace.what), ` (${trace.unit === "1" ? "share or count" : trace.unit})`);
    const rows = trace.direct.map((name) => $(`p-${name}`)).filter(Boolean);
    rows.sort((a, b) => (a.dataset.grade < b.dataset.grade ? 1 : -1));
    if (!rows.length) return;
    tip.append(element("p", `Behind it directly, what is assumed first; ${trace.up} more parameters act through the chain:`));
    const table = element("table");
    rows.slice(0, 12).forEach((row) => {
      const [name, value, , grade, source] = row.cells;
      const line = table.insertRow();
      line.insertCell().append(element("code", name.querySelector("code").textContent));
      line.insertCell().textContent = value.textContent;
      line.insertCell().append(grade.firstElementChild.cloneNode(true));
      const from = source.textContent;
      line.insertCell().textContent = from.length > 70 ? `${from.slice(0, 69)}…` : from;
    });
    tip.append(table);
    const link = element("button", `all ${rows.length} in the table`, { type: "button", class: "plain" });
    link.addEventListener("click", () => {
      close();
      filter("", new Set(trace.direct));
      $("assumptions").scrollIntoView();
      $("search").focus({ preventScroll: true });
    });
    tip.append(element("p"), link);
  }
  function open(button) {
    const trace = data.traces && data.traces[button.dataset.trace];
    if (!trace) return;
    if (holder && holder !== button) holder.removeAttribute("aria-expanded");
    holder = button;
    fill(trace);
    tip.hidden = false;
    const box = button.getBoundingClientRect();
    const left = Math.min(box.left, document.documentElement.clientWidth - tip.offsetWidth - 12);
    tip.style.left = `${Math.max(12, left) + scrollX}px`;
    const below = box.bottom + tip.offsetHeight + 8 < innerHeight || box.top < tip.offsetHeight + 8;
    tip.style.top = `${(below ? box.bottom + 6 : box.top - tip.offsetHeight - 6) + scrollY}px`;
    button.setAttribute("aria-expanded", "true");
  }
  function close() {
    tip.hidden = true;
    pinned = false;
    if (holder) holder.removeAttribute("aria-expanded");
    holder = null;
  }
  const later = (what, milliseconds) => {
    clearTimeout(waiting);
    waiting = setTimeout(what, milliseconds);
  };
  all("[data-trace]").forEach((button) => {
    button.setAttribute("aria-controls", "tip");
    button.addEventListener("pointerenter", (event) => {
      if (event.pointerType === "mouse" && !pinned) later(() => open(button), 250);
    });
    button.addEventListener("pointerleave", () => { if (!pinned) later(close, 250); });
    button.addEventListener("focus", () => { if (!pinned && button.matches(":focus-visible")) open(button); });
    button.addEventListener("blur", (event) => { if (!pinned && !tip.contains(event.relatedTarget)) close(); });
    button.addEventListener("click", () => {
      clearTimeout(waiting);
      if (pinned && holder === button) return close();
      open(button);
      pinned = true;
      tip.tabIndex = -1;
      return undefined;
    });
  });
  tip.addEventListener("pointerenter", () => clearTimeout(waiting));
  tip.addEventListener("pointerleave", () => { if (!pinned) later(close, 250); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !tip.hidden) {
      const back = holder;
      pinned = true; // so that the focus that goes back does not open it again
      if (back) back.focus();
      close();
    }
  });
  document.addEventListener("pointerdown", (event) => {
    if (pinned && !tip.contains(event.target) && !event.target.closest("[data-trace]")) close();
  });

  // -- the table of parameters --------------------------------------------------------------------------------
  const table = $("parameters");
  let only = null;
  function filter(words, names) {
    if (!table) return;
    only = names;
    $("search").value = words;
    apply();
  }
  function apply() {
    const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const grades = new Set(all(".gradebox").filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    all("tbody tr", table).forEach((row) => {
      const text = row.textContent.toLowerCase();
      const name = row.id.slice(2);
      row.hidden = !(grades.has(row.dataset.grade) && words.every((word) => text.includes(word)) && (!only || only.has(name)));
      shown += !row.hidden;
    });
    $("found").textContent = shown === table.tBodies[0].rows.length ? "" : `${shown} of ${table.tBodies[0].rows.length}`;
  }
  if (table) {
    $("search").addEventListener("input", () => { only = null; apply(); });
    all(".gradebox").forEach((box) => box.addEventListener("change", apply));
    all("button[data-sort]", table).forEach((button) => {
      button.addEventListener("click", () => {
        const head = button.closest("th");
        const down = head.getAttribute("aria-sort") === "ascending";
        all("th", table).forEach((one) => one.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const at = +button.dataset.sort;
        const key = (row) => row.cells[at].dataset.value;
        const sorted = all("tbody tr", table).sort((a, b) => (
          key(a) === undefined
            ? a.cells[at].textContent.localeCompare(b.cells[at].textContent)
            : key(a) - key(b)
        ));
        if (down) sorted.reverse();
        table.tBodies[0].append(...sorted);
      });
    });
  }
})();
