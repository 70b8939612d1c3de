// What the pages gain by scripts: local times, the plot, live figures, a switch
// of the colours. Nothing that is to be read needs them.
(() => {
  const root = document.documentElement;

  // Times are told in UTC. Where the clock on the wall differs, its time stands beside it.
  const addLocalTimes = (within) => {
    for (const time of within.querySelectorAll("time:not([data-local])")) {
      time.dataset.local = "";
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      time.title = at.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
      if (at.getTimezoneOffset() === 0) continue;
      const sameDay = at.getDate() === at.getUTCDate();
      const local = document.createElement("small");
      local.textContent = " " + at.toLocaleString(undefined, sameDay ? { timeStyle: "medium" } : { dateStyle: "short", timeStyle: "medium" }) + " local";
      time.append(local);
    }
  };

  const reveal = (within) => {
    addLocalTimes(within);
    for (const button of within.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
  };

  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;

  const themeSwitch = document.querySelector("[data-theme-switch]");
  const nameTheme = () => { themeSwitch.textContent = isDark() ? "Light" : "Dark"; };
  themeSwitch.hidden = false;
  nameTheme();
  themeSwitch.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    localStorage.setItem("deductor-theme", root.dataset.theme);
    nameTheme();
    drawPlots();
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent).then(() => {
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
  });

  // A form whose work takes long says so, and can't be sent twice.
  document.addEventListener("submit", (event) => {
    const form = event.target, text = form.dataset.busy;
    if (!text) return;
    const began = Date.now(), button = form.querySelector("button");
    setTimeout(() => { button.disabled = true; }, 0);
    const tell = () => {
      const seconds = Math.floor((Date.now() - began) / 1000);
      button.textContent = seconds < 2 ? text : `${text} ${seconds} s`;
    };
    tell();
    setInterval(tell, 1000);
  });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  // Live figures: not asked for while nobody looks, and called old when none come.
  const stale = document.querySelector("[data-stale]");
  let last = new Date();
  const tellStale = () => {
    stale.textContent = `The console does not answer: these are the figures of ${last.toISOString().slice(11, 19)} UTC.`;
    stale.hidden = false;
  };
  document.addEventListener("htmx:beforeRequest", (event) => { if (document.hidden) event.preventDefault(); });
  document.addEventListener("htmx:sendError", tellStale);
  document.addEventListener("htmx:timeout", tellStale);
  document.addEventListener("htmx:responseError", tellStale);
  // What somebody selects or copies from is left as it is.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const selected = getSelection();
    if (selected && !selected.isCollapsed && event.detail.target.contains(selected.anchorNode)) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    reveal(document);
    last = new Date();
    stale.hidden = true;
    const live = document.querySelector("[data-live] time");
    if (live) {
      live.dateTime = last.toISOString();
      live.textContent = last.toISOString().slice(0, 19).replace("T", " ") + " UTC";
      delete live.dataset.local;
      addLocalTimes(live.parentElement);
    }
    fillPlots();
  });

  // The plot.
  const plots = [];
  const colour = (name) => {
    const probe = document.createElement("i");
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  };
  const lines = [
    ["Read", "read", "--read", [4, 3]], ["Applied", "applied", "--ok"],
    ["Declined", "declined", "--warn"], ["Dead letters", "dead_letters", "--bad"],
  ];
  const clock = (second) => new Date(second * 1000).toISOString().slice(11, 19);
  const drawPlots = () => {
    for (const plot of plots) { plot.chart?.destroy(); plot.chart = undefined; }
    fillPlots();
  };
  const fill = async (plot) => {
    const response = await fetch(plot.element.dataset.plot);
    if (!response.ok) return;
    const found = await response.json();
    plot.element.hidden = false;
    const data = [found.seconds ?? [], ...lines.map(([, key]) => found[key] ?? [])];
    if (plot.chart) { plot.chart.setData(data); return; }
    const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    plot.chart = new uPlot({
      width: plot.element.clientWidth - 16, height: 190,
      scales: { x: { range: (u, low, high) => [Math.min(low, high - 300), high] }, y: { range: (u, low, high) => [0, Math.max(1, high * 1.1)] } },
      axes: [{ ...axis, values: (u, ticks) => ticks.map((second) => clock(second).slice(0, 5)) }, { ...axis, size: 56, values: (u, ticks) => ticks.map((n) => n.toLocaleString("en-US")) }],
      series: [{ label: "UTC", value: (u, second) => second == null ? "–" : clock(second) }, ...lines.map(([label, , stroke, dash]) => ({
        label, stroke: colour(stroke), width: 1.5, dash, points: { show: false }, value: (u, n) => n == null ? "–" : n.toLocaleString("en-US"),
      }))],
      cursor: { drag: { x: false, y: false } },
    }, data, plot.element);
  };
  const fillPlots = () => Promise.all(plots.map((plot) => fill(plot).catch(() => {})));
  for (const element of document.querySelectorAll("[data-plot]")) plots.push({ element });
  addEventListener("resize", () => {
    for (const { chart, element } of plots) chart?.setSize({ width: element.clientWidth - 16, height: 190 });
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { nameTheme(); drawPlots(); });

  reveal(document);
  document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  fillPlots();
})();
