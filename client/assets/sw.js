// Keeps the page, so that it opens without its server and can test other servers.
//
// Files whose names carry a hash of their content never change and come from the cache. The document comes from the
// network, and from the cache when there is none. The page itself says what it is made of (`start.js`); a document
// is kept only together with every file that it names, so that what is kept always fits together.
"use strict";

// Raised when what is cached, or how, changes; caches of other names are removed.
const CACHE = "heartwire-1";
const PREFIX = "heartwire-";
// The document is asked for this long before the cached one is taken: a server that hangs is as good as none.
const PATIENCE_MILLIS = 4000;

const HASHED = /-[0-9a-f]{12,}(_bg)?\.[a-z]+$/;
const scope = new URL(self.registration.scope);

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => event.waitUntil((async () => {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== CACHE).map((name) => caches.delete(name)));
  // The document is then asked for while this worker is still starting.
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
})()));

self.addEventListener("message", (event) => {
  if (event.data?.type === "keep") event.waitUntil(keep(event.data.files));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== scope.origin) return;
  if (request.mode === "navigate") {
    const isPage = url.pathname === scope.pathname || url.pathname === `${scope.pathname}index.html`;
    if (isPage) event.respondWith(page(event));
  } else if (HASHED.test(url.pathname)) {
    event.respondWith(file(request));
  } else if (isOurs(url)) {
    event.respondWith(fetch(request).catch(() => cached(request.url)));
  }
});

// Endpoints such as the health check are asked of the server alone.
function isOurs(url) {
  return url.pathname.startsWith(scope.pathname) && /\.(svg|webmanifest)$/.test(url.pathname);
}

async function page(event) {
  const asked = ask(event);
  const kept = await cached(scope.href);
  if (!kept) return asked;
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MILLIS, kept));
  // A gateway that answers for a server that is gone is no better than silence.
  const answer = asked.then((response) => response.status >= 500 ? kept : response, () => kept);
  return Promise.race([answer, late]);
}

async function ask(event) {
  return await event.preloadResponse ?? fetch(event.request);
}

async function file(request) {
  return await cached(request.url) ?? fetch(request);
}

// What a response varies by is its encoding, which the browser has undone.
async function cached(url) {
  const cache = await caches.open(CACHE);
  return await cache.match(url, { ignoreVary: true });
}

async function keep(files) {
  const wanted = files.map((file) => new URL(file, scope)).filter((url) => url.origin === scope.origin);
  const response = await fetch(scope.href, { cache: "no-cache" });
  if (!response.ok) return;
  const text = await response.clone().text();
  const name = (url) => url.pathname.slice(url.pathname.lastIndexOf("/") + 1);
  // Another version has been put on the server since the page was loaded: the next visit will keep that one.
  if (!wanted.every((url) => text.includes(name(url)))) return;
  const cache = await caches.open(CACHE);
  const missing = [];
  for (const url of wanted) {
    if (!HASHED.test(url.pathname) || !await cache.match(url.href, { ignoreVary: true })) missing.push(url.href);
  }
  await cache.addAll(missing);
  await cache.put(scope.href, response);
  const current = new Set([scope.href, ...wanted.map((url) => url.href)]);
  for (const request of await cache.keys()) {
    if (!current.has(request.url)) await cache.delete(request);
  }
}
