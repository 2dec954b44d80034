// Runs before anything is painted: a stored theme first, then the page itself once the document is there.
(() => {
  try {
    const theme = JSON.parse(localStorage.getItem("heartwire.theme"));
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is forbidden or holds something else: the system's theme it is.
  }

  // Texts in another language than the page's own are a file. It comes beside the module, which asks for it once it runs.
  function preloadTexts() {
    const primary = (tag) => String(tag).split("-")[0].toLowerCase();
    let wanted = navigator.languages;
    try {
      wanted = [JSON.parse(localStorage.getItem("heartwire.lang")) ?? wanted].flat();
    } catch {
      // As above: it is the browser's languages.
    }
    const links = [...document.querySelectorAll("link[rel=texts]")];
    for (const tag of wanted.map(primary)) {
      const link = links.find(({ hreflang }) => primary(hreflang) === tag);
      if (link) {
        const preload = Object.assign(document.createElement("link"), { rel: "preload", as: "fetch", href: link.href });
        preload.crossOrigin = "anonymous";
        document.head.append(preload);
      }
      if (link || tag === document.documentElement.lang) return;
    }
  }

  async function start() {
    preloadTexts();
    // The bundler names the files in its preload links, with their hashes.
    const script = document.querySelector('link[rel="modulepreload"]');
    const wasm = document.querySelector('link[rel="preload"][as="fetch"]');
    const page = await import(script.href);
    await page.default({ module_or_path: fetch(wasm.href, { integrity: wasm.integrity }) });
  }

  // Everything this document is made of, for the service worker to keep: the one that has a manifest, which is the page
  // that opens without its server. Browsers offer one only on https and on this
  // machine itself.
  async function keepForOffline() {
    if (!window.isSecureContext || !navigator.serviceWorker || !document.querySelector("link[rel=manifest]")) return;
    await navigator.serviceWorker.register("sw.js");
    const elements = document.querySelectorAll("script[src], link[href]:not([rel=canonical])");
    const files = [...elements].map((element) => element.src || element.href);
    const { active } = await navigator.serviceWorker.ready;
    active.postMessage({ type: "keep", files: [...new Set(files)] });
  }

  // After everything else: nobody waits for it. Where storage is forbidden the page needs its server, as ever.
  addEventListener("load", () => setTimeout(() => keepForOffline().catch(console.debug), 1000));

  document.addEventListener("DOMContentLoaded", () => start().catch((error) => {
    console.error(error);
    // A panic has told more already.
    const crash = document.getElementById("crash");
    if (!crash.hidden) return;
    crash.hidden = false;
    document.getElementById("crash-text").textContent = String(error);
  }));
})();
