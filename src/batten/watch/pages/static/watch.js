// What JavaScript adds to pages that are whole without it: copying, keys, charts, and progress as it happens.
"use strict";
(() => {
  // Where the browser knows trusted types, htmx alone may make markup of text: what the service answered, which is escaped there.
  htmx.registerExtension("trusted", {
    init: (api) => {
      if (window.trustedTypes) api.initSecurity(trustedTypes.createPolicy("htmx", { createHTML: (text) => text }));
    },
  });

  const say = (text) => { document.getElementById("said").textContent = text; };
  const typing = (element) => element.matches("input, textarea, select, [contenteditable]");

  // Copy buttons are hidden until they can work.
  const offerCopies = (root) => {
    if (!navigator.clipboard) return;
    for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      say("Copied");
      button.dataset.done = "";
      const label = button.lastChild;
      const before = label.textContent;
      label.textContent = "Copied";
      setTimeout(() => { label.textContent = before; delete button.dataset.done; }, 2000);
    } catch { say("Copying failed: select the text instead"); }
  });

  // Rows that keys move through: any element with data-row, which holds the link to open.
  let at = -1;
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const move = (by) => {
    const all = rows();
    if (!all.length) return;
    all[at]?.classList.remove("at");
    at = Math.min(Math.max(at + by, 0), all.length - 1);
    all[at].classList.add("at");
    all[at].querySelector("a[href]")?.focus({ preventScroll: true });
    all[at].scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "?") document.getElementById("keys").showModal();
    else if (event.key === "/") document.querySelector("input[type=search]")?.focus();
    else return;
    event.preventDefault();
  });

  // Filters act as they are changed; their button is for readers without JavaScript.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-filters]");
    if (form && event.target.matches("select, [type=checkbox]")) form.requestSubmit();
  });
  document.addEventListener("formdata", (event) => {
    if (!event.target.matches("[data-filters]")) return;
    for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
  });

  // Charts: the data are those of the table below, which says the same.
  const charts = (root) => {
    if (!window.uPlot) return;
    for (const holder of root.querySelectorAll("[data-chart]")) {
      if (holder.dataset.drawn) continue;
      holder.dataset.drawn = "1";
      draw(holder, JSON.parse(document.getElementById(holder.dataset.chart).textContent));
    }
  };
  const draw = (holder, data) => {
    const style = getComputedStyle(document.documentElement);
    const token = (name) => {  // light-dark() is resolved where it is used
      const probe = document.createElement("i");
      probe.style.color = `var(--${name})`;
      holder.append(probe);
      const color = getComputedStyle(probe).color;
      probe.remove();
      return color;
    };
    const soft = token("soft"), line = token("line");
    const axis = { stroke: soft, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, font: `12px ${style.fontFamily}` };
    const series = data.series.map((one) => ({
      label: one.label, stroke: token(one.token), width: 2, dash: one.dash || [], points: { show: false },
      value: (_, v) => v == null ? "–" : v + (data.unit || ""),
    }));
    const size = () => ({ width: holder.clientWidth, height: 260 });
    const plot = new uPlot({
      ...size(), series: [{ value: (_, v) => v == null ? "–" : new Date(v * 1000).toISOString().slice(0, 10) }, ...series],
      scales: { y: { range: (_, low, high) => [0, Math.max(data.least || 5, high)] } },
      axes: [{ ...axis, values: (_, all) => all.map((v) => new Date(v * 1000).toISOString().slice(5, 10)) }, { ...axis, size: 48, values: (_, all) => all.map((v) => v + (data.unit || "")) }],
      tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), "Etc/UTC"),
    }, [data.times, ...data.series.map((one) => one.values)], holder);
    new ResizeObserver(() => plot.setSize(size())).observe(holder);
  };

  // Live pages: what happens asks for the page again, at most once in two seconds, and only its live part is changed.
  const live = document.querySelector("[data-live]");
  if (live && window.EventSource) {
    const source = new EventSource(live.dataset.live);
    let waiting = 0, first = true;
    const refresh = () => {
      waiting ||= setTimeout(() => {
        waiting = 0;
        htmx.ajax("GET", location.pathname + location.search, { target: "#live", select: "#live", swap: "outerMorph" });
      }, 2000);
    };
    source.addEventListener("message", refresh);
    source.addEventListener("progress", () => { if (first) first = false; else refresh(); });
    source.addEventListener("end", () => source.close());
    addEventListener("pagehide", () => source.close());
  }

  const prepare = (root) => { offerCopies(root); charts(root); };
  document.addEventListener("htmx:after:swap", () => { at = -1; prepare(document); });
  prepare(document);
})();
