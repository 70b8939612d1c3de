// Runs before the page is drawn, so that it is drawn once, in its colours.
(() => {
  const kept = localStorage.getItem("deductor-theme");
  if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
})();
