// What a client sees at each of these addresses, by the API that browsers and npm ws share. Run behind
// `const visits = [...], Socket = ..., oneByOne = ..., listen = ...;`, with a `report` for what came of it.
const HANG_UP = 2000;

const visit = ({ url, texts }) => new Promise((resolve) => {
  const seen = { opened: false, messages: [], count: 0, end: "open", code: null, reason: "", error: "" };
  const socket = new Socket(url);
  let timer = setTimeout(() => {
    if (!seen.opened) return done("waits");
    // It goes on. Whether it ends in order is the last thing to see.
    timer = setTimeout(() => done("hangs"), HANG_UP);
    seen.end = "leaves";
    socket.close(1000);
  }, listen);
  const done = (end) => {
    clearTimeout(timer);
    if (end) seen.end = end;
    resolve(seen);
    if (end) (socket.terminate ?? socket.close).call(socket);
  };
  socket.addEventListener("open", () => {
    seen.opened = true;
    texts.forEach((text) => socket.send(text));
  });
  socket.addEventListener("message", ({ data }) => {
    if (++seen.count <= 16) seen.messages.push(String(data).slice(0, 16));
  });
  socket.addEventListener("error", ({ message }) => { seen.error = message ?? ""; });
  socket.addEventListener("close", ({ code, reason }) => {
    if (seen.end === "open") seen.end = "closed";
    Object.assign(seen, { code, reason: String(reason) });
    done();
  });
});

(async () => {
  // A browser opens connections to one host one after the other, and one that is not answered holds up the others.
  const seen = [];
  if (oneByOne) for (const each of visits) seen.push(await visit(each));
  else seen.push(...await Promise.all(visits.map(visit)));
  report(JSON.stringify(seen));
})();
