// Runs before anything is painted: a stored theme first, then the page itself once the document is there.
(() => {
  try {
    const theme = JSON.parse(localStorage.getItem("heartwire.theme"));
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is forbidden or holds something else: the system's theme it is.
  }

  async function start() {
    // The bundler names the files in its preload links, with their hashes.
    const script = document.querySelector('link[rel="modulepreload"]');
    const wasm = document.querySelector('link[rel="preload"][as="fetch"]');
    const page = await import(script.href);
    await page.default({ module_or_path: fetch(wasm.href, { integrity: wasm.integrity }) });
  }

  document.addEventListener("DOMContentLoaded", () => start().catch((error) => {
    console.error(error);
    // A panic has told more already.
    const crash = document.getElementById("crash");
    if (!crash.hidden) return;
    crash.hidden = false;
    document.getElementById("crash-text").textContent = String(error);
  }));
})();
