// Runs in the page before anything of its own does. It looks once per animation frame whether the last message is
// shown, and touches nothing that messages pass through.
(() => {
  const { last, entries, limitMillis } = PLAN;
  const probe = {
    connectAt: null, // the first socket was made
    openAt: null, // and opened: no message comes before
    connectedAt: null, // the page says so
    longestFrame: 0, // between two animation frames, from connecting to the last message
    tasks: [], // [start, milliseconds] of each over 50 ms
    memories: [], // the page's WebAssembly memory
    shown: null,
  };
  window.heartwireBench = probe;

  window.WebSocket = new Proxy(WebSocket, {
    construct(target, args) {
      probe.connectAt ??= performance.now();
      const socket = Reflect.construct(target, args);
      socket.addEventListener("open", () => (probe.openAt ??= performance.now()), { once: true });
      return socket;
    },
  });
  for (const name of ["instantiate", "instantiateStreaming"]) {
    const real = WebAssembly[name];
    WebAssembly[name] = async (...args) => {
      const made = await real.apply(WebAssembly, args);
      const memory = (made.instance ?? made).exports?.memory;
      if (memory) probe.memories.push(memory);
      return made;
    };
  }
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) probe.tasks.push([task.startTime, task.duration]);
  }).observe({ type: "longtask", buffered: true });

  // [entries so far, text of the last row]
  const look = () => {
    const log = document.querySelector("[data-testid=log]");
    if (log) {
      const rows = log.querySelectorAll("[data-testid=entry]");
      return [Number(log.dataset.count), rows[rows.length - 1]?.textContent ?? ""];
    }
    const output = document.getElementById("output");
    return [Number(output?.dataset.count ?? output?.childElementCount), output?.lastElementChild?.textContent ?? ""];
  };
  const nodes = () => {
    const walker = document.createTreeWalker(document, NodeFilter.SHOW_ALL);
    let count = 1;
    while (walker.nextNode()) count++;
    return count;
  };
  const longest = (from, to) =>
    probe.tasks.filter(([start]) => start >= from && start <= to).reduce((most, [, millis]) => Math.max(most, millis), 0);

  // The observer hears of a task some time after it ended.
  probe.longestTask = async (from, to) => {
    await new Promise((done) => setTimeout(done, 300));
    return longest(from, to);
  };

  let before = null;
  const watch = (finish) => {
    const now = performance.now();
    if (probe.connectedAt === null && document.querySelector('[data-testid=status][data-phase="open"]')) {
      probe.connectedAt = now;
    }
    if (probe.connectAt !== null) {
      if (before !== null) probe.longestFrame = Math.max(probe.longestFrame, now - before);
      before = now;
    }
    const [count, text] = look();
    const finished = last !== null && text.includes(last) && count === entries;
    if (finished || now - (probe.connectAt ?? now) > limitMillis) {
      // By the next frame this one has been painted.
      requestAnimationFrame(async () => {
        const at = performance.now();
        probe.longestFrame = Math.max(probe.longestFrame, at - now);
        finish({
          finished,
          count,
          shown_ms: at - probe.connectAt,
          longest_task_ms: await probe.longestTask(probe.openAt ?? probe.connectAt, at),
          longest_frame_ms: probe.longestFrame,
          dom_nodes: nodes(),
        });
      });
    } else {
      requestAnimationFrame(() => watch(finish));
    }
  };
  probe.shown = new Promise((finish) => requestAnimationFrame(() => watch(finish)));

  probe.wasmBytes = () => probe.memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0);

  const frame = () => new Promise(requestAnimationFrame);
  const one = (id) => document.querySelector(`[data-testid=${id}]`);

  // Writes a filter and waits until it has been through all entries and shows `expected`.
  probe.filter = async (text, expected) => {
    const field = one("filter");
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
    const begin = performance.now();
    set.call(field, text);
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    let first = null;
    for (;;) {
      await frame();
      const [count, row] = look();
      const now = performance.now();
      if (first === null && count > 0 && count < entries) first = now - begin;
      if (count === expected && !one("filter-progress") && (expected === 0 || row !== "")) break;
      if (now - begin > limitMillis) throw new Error(`filter ${text}: ${count} rows instead of ${expected}`);
    }
    const end = performance.now();
    return { ms: end - begin, first_ms: first, longest_task_ms: await probe.longestTask(begin, end) };
  };

  // Scrolls for so many frames: a constant speed, then leaps to anywhere. Returns milliseconds between frames.
  probe.scroll = async (frames) => {
    const log = one("log");
    log.scrollTop = 0;
    await frame();
    await frame();
    const gaps = { steady: [], leaps: [] };
    const begin = performance.now();
    let before = await frame();
    let blank = 0;
    let seed = 1;
    for (const way of ["steady", "leaps"]) {
      for (let i = 0; i < frames; i++) {
        if (way === "steady") {
          log.scrollTop += 300;
        } else {
          seed = (seed * 48271) % 2147483647;
          log.scrollTop = (seed / 2147483647) * (log.scrollHeight - log.clientHeight);
        }
        const now = await frame();
        gaps[way].push(now - before);
        before = now;
        // What was scrolled to has been drawn by the frame after.
        const box = log.getBoundingClientRect();
        const middle = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
        if (!middle?.closest("[data-testid=entry]")) blank++;
      }
    }
    return { ...gaps, blank, longest_task_ms: await probe.longestTask(begin, performance.now()) };
  };
})();
