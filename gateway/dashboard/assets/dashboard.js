// The dashboard: draws what /feed says, once a second, and carries an operator's orders.
//
// 1. Text reaches the page as text only (textContent): names come from configuration, details from upstreams.
// 2. Elements are made once and changed in place: focus, selection and opened rows survive every second.
// 3. What a colour says is also said by a word or a shape.
// 4. The operator token lives in a variable of this file, and nowhere else.
"use strict";

const byId = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const MISSED = 4; // snapshots that do not come until the feed counts as lost
const MINUTE = 60;

// ── words and numbers ────────────────────────────────────────────────────────────────────────────────

const STATES = { // word, tone, lever of the switch, sign
  closed: ["closed", "good", "closed", "✓"],
  open: ["open", "bad", "open", "✕"],
  recovering: ["recovering", "warn", "half", "◐"],
  half_open: ["recovering", "warn", "half", "◐"],
  forced_open: ["forced open", "held", "open", "■"],
  disabled: ["breaker disabled", "held", "closed", "■"],
  metrics_only: ["metrics only", "held", "closed", "■"],
  unguarded: ["no breaker", "idle", "none", "–"],
};
const stateOf = (name) => STATES[name] || [name, "idle", "none", "–"];

const OUTCOMES = { live: "good", cached: "good", stale: "warn", partial: "warn", fallback: "warn", not_chosen: "good", nothing: "bad", unfinished: "bad" };

function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const ms = seconds * 1000;
  if (ms > 0 && ms < 0.05) return "< 0.1 ms";
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
}

const perSecond = (rate) => `${rate >= 10 || rate === 0 ? Math.round(rate).toLocaleString("en") : rate.toFixed(1)}/s`;

function percent(share) {
  if (share === 0) return "0 %";
  const value = share * 100;
  return value < 0.1 ? "< 0.1 %" : `${value < 10 ? value.toFixed(1) : value.toFixed(0)} %`;
}

function bytes(count) {
  const units = ["B", "KiB", "MiB", "GiB"];
  let unit = 0;
  while (count >= 1024 && unit < 3) { count /= 1024; unit += 1; }
  return `${unit && count < 10 ? count.toFixed(1) : Math.round(count)} ${units[unit]}`;
}

const clock = (at) => new Date(at * 1000).toLocaleTimeString("en-GB");
const named = (cause) => cause.replaceAll("_", " ");

function text(element, value) { if (element.textContent !== value) element.textContent = value; }
function data(element, name, value) {
  if (value === undefined || value === false) { if (name in element.dataset) delete element.dataset[name]; }
  else if (element.dataset[name] !== String(value)) element.dataset[name] = value;
}
function attribute(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}
function make(tag, className, content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (content !== undefined) element.textContent = content;
  return element;
}
function draw(tag, attributes, content) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (content !== undefined) element.textContent = content;
  return element;
}
const copyOf = (template) => byId(template).content.firstElementChild.cloneNode(true);

const announced = [];
function announce(sentence) { // several in one second are one announcement
  announced.push(sentence);
  if (announced.length === 1) setTimeout(() => { byId("told").textContent = announced.splice(0).join(". "); }, 50);
}

// ── the gateway itself ───────────────────────────────────────────────────────────────────────────────

let lastStatus = null;

function showProcess(process) {
  const word = process.phase === "ready" ? process.status : process.phase;
  text(byId("status").querySelector(".word"), word);
  data(byId("status"), "is", process.status);
  text(byId("rate"), perSecond(process.rate));
  text(byId("errors"), percent(process.errors));
  text(byId("degraded"), percent(process.degraded));
  text(byId("lag"), duration(process.loop_lag));
  text(byId("buffered"), bytes(process.buffered));
  attribute(byId("buffered"), "title", `at most ${bytes(process.buffered_limit)}`);
  byId("switched").hidden = process.stand_ins;
  if (lastStatus !== null && lastStatus !== word) announce(`The gateway is ${word}`);
  lastStatus = word;
  const sign = { healthy: "", degraded: "▲ ", unhealthy: "✕ " }[process.status] || "";
  if (document.title !== `${sign}gateway`) document.title = `${sign}gateway`;
}

// ── upstreams ────────────────────────────────────────────────────────────────────────────────────────

const tiles = new Map(); // by upstream: { element, parts, state, open }

function makeTile(name) {
  const element = copyOf("tile");
  const part = (selector) => element.querySelector(selector);
  const parts = {};
  for (const figure of ["errors", "rate", "p50", "p99"]) parts[figure] = part(`.figure.${figure} strong`);
  for (const one of ["name", "sign", "word", "spark", "band", "l50", "l99", "bad", "top-of", "slots", "value", "why", "addresses", "budget", "force", "reset"]) {
    parts[one] = part(`.${one}`);
  }
  parts.progress = part("progress");
  parts.figure = part(".figure.errors");
  element.dataset.upstream = name;
  text(parts.name, name);
  parts.progress.setAttribute("aria-label", `slots of ${name} in use`);
  parts.force.setAttribute("aria-label", `Force open the circuit of ${name}`);
  parts.reset.setAttribute("aria-label", `Reset the circuit of ${name}`);
  parts.force.addEventListener("click", () => askOrder(name, "force_open"));
  parts.reset.addEventListener("click", () => askOrder(name, "reset"));
  byId("tiles").append(element);
  const tile = { element, parts, state: null, open: 0 };
  tiles.set(name, tile);
  return tile;
}

function showUpstream(upstream, at) {
  const tile = tiles.get(upstream.name) || makeTile(upstream.name);
  const { element, parts } = tile;
  const [word, tone, lever, sign] = stateOf(upstream.state);
  data(element, "tone", tone);
  data(element, "lever", lever);
  data(element, "state", upstream.state);
  text(parts.sign, sign);
  text(parts.word, word);
  const idle = upstream.rate === 0;
  text(parts.errors, idle ? "–" : percent(upstream.errors));
  data(parts.figure, "some", upstream.errors > 0);
  text(parts.rate, perSecond(upstream.rate));
  text(parts.p50, duration(upstream.p50));
  text(parts.p99, duration(upstream.p99));
  showSlots(parts, upstream);
  showSpark(parts, upstream, at);
  text(parts.budget, upstream.budget === null ? "" : `budget ${upstream.budget.toFixed(1)}`);
  showWhy(tile, upstream);
  showAddresses(parts.addresses, upstream.addresses);
  const guarded = upstream.state !== "unguarded";
  parts.force.disabled = !guarded || upstream.state === "forced_open";
  parts.reset.disabled = !guarded;
  if (tile.state !== null && tile.state !== upstream.state) {
    announce(`${upstream.name} is ${word}${upstream.reason ? `: ${upstream.reason}` : ""}`);
  }
  tile.state = upstream.state;
}

function showSlots(parts, upstream) {
  const bounded = upstream.slots !== null;
  const waiting = upstream.waiting ? `, ${upstream.waiting} waiting` : "";
  text(parts.value, bounded ? `${upstream.in_flight} of ${upstream.slots} slots${waiting}` : `${upstream.in_flight}, no limit${waiting}`);
  parts.progress.max = bounded ? Math.max(upstream.slots, 1) : 1;
  parts.progress.value = bounded ? Math.min(upstream.in_flight, upstream.slots) : 0;
  data(parts.slots, "full", bounded && upstream.in_flight >= upstream.slots);
}

// What to say of it: why it is not closed, else what fails, else nothing.
function showWhy(tile, upstream) {
  const causes = Object.entries(upstream.causes).sort((a, b) => b[1] - a[1]).map(([cause, count]) => `${named(cause)} × ${count}`);
  const refused = upstream.refused > 0 ? `${perSecond(upstream.refused)} refused` : "";
  let lead = "";
  if (upstream.state === "open") lead = `probes in ${Math.ceil(upstream.open_remaining)} s`;
  else if (upstream.state === "recovering" || upstream.state === "half_open") lead = "probing";
  else if (upstream.state === "forced_open") lead = "by an operator, until reset";
  const rest = [upstream.state === "closed" ? "" : upstream.reason === "operator" ? "" : upstream.reason, refused, causes.join(", ")];
  const line = [lead, ...rest].filter(Boolean).join(" · ");
  const why = tile.parts.why;
  if (why.dataset.line === line) return;
  why.dataset.line = line;
  why.replaceChildren();
  if (lead) why.append(make("b", "countdown", lead), line.slice(lead.length));
  else why.append(line);
  why.title = upstream.last_failure ? `last failure: ${upstream.last_failure}` : "";
}

function showAddresses(list, addresses) {
  if (addresses.length < 2) { if (list.firstChild) list.replaceChildren(); return; }
  while (list.children.length < addresses.length) list.append(make("li"));
  addresses.forEach((address, index) => {
    const row = list.children[index];
    if (!row.firstChild) row.append(make("span"), make("span"));
    const state = address.ejected ? "left out" : stateOf(address.state)[0];
    const weight = address.weight < 1 ? `, ${percent(address.weight)} of its share` : "";
    text(row.firstChild, address.name);
    text(row.lastChild, `${state}${weight}, ${address.in_flight} in flight`);
  });
}

// The last minute from left to right: a band from p50 to p99, and a mark on the floor where attempts failed.
function showSpark(parts, upstream, at) {
  const points = upstream.history.map(([time, rate, errors, p50, p99]) => (
    { x: Math.max(0, 240 - (at - time) / MINUTE * 240), rate, errors, p50, p99 }));
  const top = Math.max(0.001, ...points.map((point) => point.p99 || 0));
  const y = (seconds) => (44 - seconds / top * 40).toFixed(1);
  let low = "", high = "", bad = "", run = [], band = "";
  const close = () => {
    if (run.length > 1) band += `M${run.map((p) => `${p.x.toFixed(1)} ${y(p.p99)}`).join("L")}L${run.reverse().map((p) => `${p.x.toFixed(1)} ${y(p.p50)}`).join("L")}Z`;
    run = [];
  };
  for (const point of points) {
    if (point.p50 === null) { close(); continue; }
    const verb = run.length ? "L" : "M";
    low += `${verb}${point.x.toFixed(1)} ${y(point.p50)}`;
    high += `${verb}${point.x.toFixed(1)} ${y(point.p99)}`;
    run.push(point);
  }
  close();
  for (const point of points) if (point.errors > 0) bad += `M${point.x.toFixed(1)} 48v${-(4 + 10 * point.errors).toFixed(1)}`;
  attribute(parts.band, "d", band);
  attribute(parts.l50, "d", low);
  attribute(parts.l99, "d", high);
  attribute(parts.bad, "d", bad);
  const silent = !low;
  text(parts["top-of"], silent ? "no attempts" : `top ${duration(top)}`);
  attribute(parts.spark, "aria-label", silent ? "no attempts in the last minute" : `last minute: p50 ${duration(upstream.p50)}, p99 ${duration(upstream.p99)}, at most ${duration(top)}`);
}

// ── routes and the call graph ────────────────────────────────────────────────────────────────────────

let plans = new Map(); // by route
let chosen = null;
const rows = new Map(); // by route: the cells
let drawn = null; // { route, nodes }

function makeRow(name) {
  const row = make("tr");
  const head = make("th");
  head.scope = "row";
  const button = make("button", "", name);
  button.type = "button";
  button.addEventListener("click", () => { chosen = name; if (last) showRoutes(last); });
  head.append(button);
  row.append(head);
  const cells = { row, button };
  for (const cell of ["rate", "errors", "degraded", "p50", "p99"]) row.append(cells[cell] = make("td", `num ${cell}`));
  byId("rows").append(row);
  rows.set(name, cells);
  return cells;
}

function showRoutes(snapshot) {
  if (chosen === null && snapshot.routes.length) {
    chosen = snapshot.routes.reduce((best, each) => (each.rate > best.rate ? each : best)).route;
  }
  for (const route of snapshot.routes) {
    const cells = rows.get(route.route) || makeRow(route.route);
    text(cells.rate, perSecond(route.rate));
    text(cells.errors, route.rate ? percent(route.errors) : "–");
    text(cells.degraded, route.rate ? percent(route.degraded) : "–");
    data(cells.errors, "some", route.errors > 0);
    data(cells.degraded, "some", route.degraded > 0);
    text(cells.p50, duration(route.p50));
    text(cells.p99, duration(route.p99));
    const current = route.route === chosen;
    if (current) cells.row.setAttribute("aria-current", "true"); else cells.row.removeAttribute("aria-current");
    attribute(cells.button, "aria-pressed", current);
    if (current) showGraph(route, snapshot);
  }
}

const BOX = { width: 206, height: 78, gapX: 62, gapY: 16, end: 86 };

// Columns by how many steps come before: a step stands right of all that it waits for, and at their height.
function layOut(plan) {
  const before = new Map(plan.steps.map((step) => [step.name, [...step.needs, ...step.awaits]]));
  const depths = new Map();
  const depthOf = (name) => {
    if (!depths.has(name)) depths.set(name, Math.max(0, ...before.get(name).map((other) => depthOf(other) + 1)));
    return depths.get(name);
  };
  const columns = [];
  for (const step of plan.steps) (columns[depthOf(step.name)] ||= []).push(step.name);
  const places = new Map();
  columns.forEach((column, index) => {
    const wished = (name) => {
      const others = before.get(name).map((other) => places.get(other).y);
      return others.length ? others.reduce((sum, y) => sum + y, 0) / others.length : 0;
    };
    let free = 2;
    for (const name of index ? column.sort((a, b) => wished(a) - wished(b)) : column) {
      const y = Math.max(free, wished(name));
      places.set(name, { x: BOX.end + BOX.gapX + index * (BOX.width + BOX.gapX), y });
      free = y + BOX.height + BOX.gapY;
    }
  });
  const height = Math.max(...[...places.values()].map((place) => place.y)) + BOX.height + 2;
  return { places, width: 2 * (BOX.end + BOX.gapX) + columns.length * (BOX.width + BOX.gapX) - BOX.gapX, height };
}

// Straight to the last gap, then a curve: so a long edge passes beside the steps on its way.
function drawEdge(svg, from, to, soft) {
  const turn = Math.max(from.x, to.x - BOX.gapX), middle = (turn + to.x) / 2;
  const path = `M${from.x} ${from.y}H${turn}C${middle} ${from.y} ${middle} ${to.y} ${to.x - 7} ${to.y}`;
  svg.append(draw("path", { class: soft ? "edge soft" : "edge", d: path, "marker-end": "url(#arrow)" }));
}

function drawGraph(plan) {
  const svg = byId("drawing");
  const { places, width, height } = layOut(plan);
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  const marker = draw("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 1, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto" });
  marker.append(draw("path", { d: "M0 0L8 4L0 8z" }));
  svg.append(marker);
  const middle = height / 2;
  const awaited = new Set(plan.steps.flatMap((step) => [...step.needs, ...step.awaits]));
  const leave = (step) => ({ x: places.get(step).x + BOX.width, y: places.get(step).y + BOX.height / 2 });
  for (const step of plan.steps) {
    const enter = { x: places.get(step.name).x, y: places.get(step.name).y + BOX.height / 2 };
    if (!step.needs.length && !step.awaits.length) drawEdge(svg, { x: BOX.end, y: middle }, enter, false);
    for (const need of step.needs) drawEdge(svg, leave(need), enter, false);
    for (const other of step.awaits) drawEdge(svg, leave(other), enter, true);
    if (!awaited.has(step.name)) drawEdge(svg, leave(step.name), { x: width - BOX.end, y: middle }, !step.required);
  }
  const ends = [["request", 1], ["answer", width - BOX.end]].map(([word, x]) => {
    const group = draw("g", { transform: `translate(${x} ${middle - 24})` });
    group.append(draw("rect", { class: "box end", width: BOX.end - 2, height: 48, rx: 24 }), draw("text", { x: BOX.end / 2 - 1, y: 21, "text-anchor": "middle", class: "title" }, word));
    const under = draw("text", { x: BOX.end / 2 - 1, y: 37, "text-anchor": "middle", class: "faint" });
    group.append(under);
    svg.append(group);
    return under;
  });
  const nodes = new Map(plan.steps.map((step) => [step.name, drawStep(svg, step, places.get(step.name))]));
  drawn = { route: plan.route, nodes, ends };
  text(byId("graph-name"), plan.route);
  const steps = plan.steps.map((step) => {
    const after = [...step.needs, ...step.awaits];
    return `${step.name}${after.length ? ` after ${after.join(" and ")}` : ""}`;
  });
  svg.setAttribute("aria-label", `Call graph: ${steps.join("; ")}`);
  text(byId("graph-hint"), `${plan.summary ? `${plan.summary} · ` : ""}time limit ${duration(plan.time_limit)}`);
}

const cutTo = (name, length) => (name.length > length ? `${name.slice(0, length - 1)}…` : name);

function drawStep(svg, step, place) {
  const group = draw("g", { transform: `translate(${place.x} ${place.y})` });
  group.dataset.step = step.name;
  const extras = [step.required ? "required" : "", step.fallback ? "fallback" : ""].filter(Boolean).join(", ");
  const node = { group, state: draw("text", { x: 16, y: 36, class: "faint" }), times: draw("text", { x: 16, y: 53 }), trouble: draw("text", { x: 16, y: 69, class: "faint" }), upstream: step.upstream, extras };
  group.append(
    draw("title", {}, `${step.target} (timeout ${duration(step.timeout)})`),
    draw("rect", { class: "box", width: BOX.width, height: BOX.height, rx: 7 }),
    draw("path", { class: "side", d: `M7 0h-0a7 7 0 0 0 -7 7v${BOX.height - 14}a7 7 0 0 0 7 7z` }),
    draw("text", { x: 16, y: 19, class: "title" }, cutTo(step.name, 24)), node.state, node.times, node.trouble);
  svg.append(group);
  return node;
}

function showGraph(route, snapshot) {
  const plan = plans.get(route.route);
  byId("graph").hidden = !plan;
  if (!plan) return;
  if (!drawn || drawn.route !== route.route) drawGraph(plan);
  const states = new Map(snapshot.upstreams.map((upstream) => [upstream.name, upstream.state]));
  for (const step of route.steps) {
    const node = drawn.nodes.get(step.name);
    if (!node) continue;
    const [word, tone] = stateOf(states.get(node.upstream));
    data(node.group, "tone", tone);
    text(node.state, cutTo(`${node.upstream} · ${word}`, 31));
    text(node.times, step.p50 === null ? "no calls" : `p50 ${duration(step.p50)} · p99 ${duration(step.p99)}`);
    const parts = [step.failed ? `▲ ${percent(step.failed)} failed` : "", step.stood_in ? `▲ ${percent(step.stood_in)} stood in` : "", step.cached ? `${percent(step.cached)} cached` : ""].filter(Boolean);
    text(node.trouble, parts.length ? parts.join(", ") : `${perSecond(step.rate)}${node.extras ? ` · ${node.extras}` : ""}`);
    attribute(node.trouble, "class", step.failed || step.stood_in ? "alarm" : "faint");
  }
  text(drawn.ends[0], perSecond(route.rate));
  text(drawn.ends[1], route.p50 === null ? "" : `p50 ${duration(route.p50)}`);
}

// ── requests ─────────────────────────────────────────────────────────────────────────────────────────

const EMPTY = {
  problems: "No request was degraded or failed since the gateway started.",
  slowest: "No request in the last five minutes.",
  recent: "No request since this page was opened; a few of them each second are shown here.",
};
let tab = "problems";
let tabChosen = false;
const requests = new Map(); // by id: { element, request }

// How it went, in words: the steps that did not answer by themselves.
function troubles(request) {
  return request.steps.filter((bar) => bar.cause || bar.outcome === "unfinished").map((bar) => {
    const end = bar.outcome === "nothing" || bar.outcome === "unfinished" ? "" : ` → ${bar.outcome}`;
    return `${bar.step}: ${bar.cause ? named(bar.cause) : "unfinished"}${end}`;
  }).join(", ");
}

function makeRequest(request) {
  const element = copyOf("request");
  const part = (selector) => element.querySelector(selector);
  data(element, "id", request.id);
  data(element, "tone", request.status >= 500 ? "bad" : request.degraded ? "warn" : "good");
  text(part(".at"), clock(request.at));
  text(part(".code"), `${request.status >= 500 ? "✕" : request.degraded ? "▲" : "✓"} ${request.status}`);
  text(part(".route"), request.route);
  text(part(".took"), duration(request.seconds));
  text(part(".what"), troubles(request));
  const strip = part(".strip");
  request.steps.forEach((bar, index) => {
    const piece = placePiece(bar, request.seconds);
    if (piece) { piece.style.top = `${2 + index % 4 * 5}px`; strip.append(piece); }
  });
  const button = part(".open"), details = part(".details");
  details.id = `details-${request.id}`;
  button.setAttribute("aria-controls", details.id);
  button.addEventListener("click", () => {
    const opening = details.hidden;
    if (opening && !details.dataset.filled) fillDetails(details, request);
    details.hidden = !opening;
    button.setAttribute("aria-expanded", opening);
  });
  const entry = { element, request, isOpen: () => !details.hidden };
  requests.set(request.id, entry);
  return entry;
}

function placePiece(bar, total) {
  if (bar.start === null || !total) return null;
  const piece = make("span", "piece");
  piece.dataset.as = bar.outcome;
  piece.style.left = `${Math.min(bar.start / total * 100, 99.5)}%`;
  piece.style.width = `${Math.max(0, Math.min(bar.seconds / total, 1 - bar.start / total) * 100)}%`;
  return piece;
}

function fillDetails(details, request) {
  details.dataset.filled = "yes";
  const part = (selector) => details.querySelector(selector);
  text(part(".rid"), request.request_id);
  text(part(".tid"), request.trace_id);
  text(part(".limit"), duration(request.time_limit));
  text(part(".end"), duration(request.seconds));
  const table = part("tbody");
  for (const bar of request.steps) {
    const row = make("tr"), name = make("th"), end = make("td"), cell = make("td");
    name.scope = "row";
    name.append(bar.step, make("small", "", bar.upstream));
    const outcome = make("span", "outcome", bar.outcome === "nothing" && bar.cause ? named(bar.cause) : bar.outcome);
    outcome.dataset.tone = OUTCOMES[bar.outcome] || "bad";
    end.append(outcome);
    const notes = [bar.cause && bar.outcome !== "nothing" ? `instead of ${named(bar.cause)}` : "", bar.detail, bar.attempts > 1 ? `${bar.attempts} attempts` : "", bar.start === null ? "never called" : ""].filter(Boolean);
    if (notes.length) end.append(make("small", "", notes.join("; ")));
    const track = make("div", "track"), piece = placePiece(bar, request.seconds);
    if (piece) {
      const label = make("span", "dur", duration(bar.seconds));
      const ends = (bar.start + bar.seconds) / request.seconds;
      if (ends < 0.75) label.style.left = `${ends * 100}%`;
      else if (bar.start / request.seconds > 0.3) label.style.right = `${(1 - bar.start / request.seconds) * 100}%`;
      else { label.style.right = "0"; label.classList.add("inside"); }
      track.append(piece, label);
    }
    cell.append(track);
    row.append(name, end, cell);
    table.append(row);
  }
}

// Rows that are open or focused stay where they are, also when their request is no longer among those kept.
function showRequests(snapshot) {
  if (!tabChosen && !snapshot.problems.length) tab = "slowest"; else if (!tabChosen) tab = "problems";
  for (const button of document.querySelectorAll("[role=tab]")) {
    const own = button.dataset.of === tab;
    attribute(button, "aria-selected", own);
    button.tabIndex = own ? 0 : -1;
    if (own) attribute(byId("list"), "aria-labelledby", button.id);
    text(button.querySelector(".count"), String(snapshot[button.dataset.of].length));
  }
  const list = byId("requests-list");
  const wanted = snapshot[tab];
  const ids = new Set(wanted.map((request) => request.id));
  for (const [id, entry] of requests) {
    if (ids.has(id)) continue;
    const held = list.contains(entry.element) && entry.tab === tab && (entry.isOpen() || entry.element.contains(document.activeElement));
    if (!held) { entry.element.remove(); requests.delete(id); }
  }
  let next = list.firstElementChild;
  for (const request of wanted) {
    const entry = requests.get(request.id) || makeRequest(request);
    entry.tab = tab;
    while (next && next !== entry.element && !ids.has(Number(next.dataset.id))) next = next.nextElementSibling; // a held row
    if (next === entry.element) next = next.nextElementSibling;
    else if (entry.element.contains(document.activeElement)) next = entry.element.nextElementSibling; // moving it would lose the focus
    else list.insertBefore(entry.element, next);
  }
  byId("empty").hidden = list.children.length > 0;
  text(byId("empty"), EMPTY[tab]);
}

function chooseTab(button) {
  tab = button.dataset.of;
  tabChosen = true;
  for (const entry of requests.values()) entry.element.remove();
  requests.clear();
  if (last) showRequests(last);
  button.focus();
}

const tabs = [...document.querySelectorAll("[role=tab]")];
for (const [index, button] of tabs.entries()) {
  button.addEventListener("click", () => chooseTab(button));
  button.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) chooseTab(tabs[(index + step + tabs.length) % tabs.length]);
  });
}

// ── an operator's orders ─────────────────────────────────────────────────────────────────────────────

let token = "";
let order = null; // { upstream, action }

const ORDERS = {
  force_open: { title: (name) => `Force open the circuit of ${name}?`, go: "Force open", done: "is forced open",
    text: "Every call to it is refused until you reset it. Steps that can do without it go on with what stands in." },
  reset: { title: (name) => `Reset the circuit of ${name}?`, go: "Reset", done: "is reset",
    text: "It closes with nothing counted, whatever it was, and calls go through again." },
};

function askOrder(upstream, action) {
  order = { upstream, action };
  const words = ORDERS[action];
  text(byId("order-title"), words.title(upstream));
  text(byId("order-text"), words.text);
  text(byId("order-go"), words.go);
  text(byId("order-fault"), "");
  byId("token-box").hidden = token !== "";
  byId("token").value = "";
  byId("order").showModal();
  (token === "" ? byId("token") : byId("order-go")).focus();
}

async function giveOrder() {
  const given = token || byId("token").value.trim();
  if (!given) { text(byId("order-fault"), "The token is missing."); byId("token").focus(); return; }
  byId("order-go").disabled = true;
  let fault = "";
  try {
    const answer = await fetch(`upstreams/${encodeURIComponent(order.upstream)}/breaker`, {
      method: "POST", credentials: "omit", headers: { authorization: `Bearer ${given}`, "content-type": "application/json" },
      body: JSON.stringify({ action: order.action }),
    });
    if (answer.status === 401) fault = "The gateway does not know this token. Nothing was changed.";
    else if (!answer.ok) fault = `Not done: ${(await answer.json().catch(() => ({}))).title || `status ${answer.status}`}.`;
    remember(answer.status === 401 ? "" : given);
  } catch {
    fault = "Not done: the gateway cannot be reached, or the token has characters that no token has.";
  }
  byId("order-go").disabled = false;
  if (fault) {
    text(byId("order-fault"), fault);
    byId("token-box").hidden = token !== "";
    if (token === "") byId("token").select();
    return;
  }
  byId("order").close();
  announce(`${order.upstream} ${ORDERS[order.action].done}`);
  fetch("feed.json").then((answer) => answer.json()).then(show).catch(() => {});
}

function remember(value) {
  token = value;
  byId("token").value = value ? "" : byId("token").value;
  byId("forget").hidden = value === "";
}

byId("order-form").addEventListener("submit", (event) => { event.preventDefault(); giveOrder(); });
byId("order-cancel").addEventListener("click", () => byId("order").close());
byId("order").addEventListener("close", () => { byId("token").value = ""; });
byId("forget").addEventListener("click", () => { remember(""); announce("The token is forgotten"); });

// ── light, dark, pause, filter ───────────────────────────────────────────────────────────────────────

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const stored = { // a browser may forbid storage
  get: () => { try { return localStorage.getItem("theme"); } catch { return null; } },
  set: (value) => { try { localStorage.setItem("theme", value); } catch { /* then it lasts as long as the page */ } },
};
let theme = stored.get();

function showTheme() {
  const dark = theme ? theme === "dark" : prefersDark.matches;
  if (theme) document.documentElement.dataset.theme = theme;
  text(byId("theme"), dark ? "Light" : "Dark");
  byId("theme").setAttribute("aria-label", `Switch to ${dark ? "light" : "dark"} colours`);
}

byId("theme").addEventListener("click", () => {
  theme = (theme ? theme === "dark" : prefersDark.matches) ? "light" : "dark";
  stored.set(theme);
  showTheme();
});
prefersDark.addEventListener("change", showTheme);
showTheme();

let paused = false;
byId("pause").addEventListener("click", () => {
  paused = !paused;
  byId("pause").setAttribute("aria-pressed", paused);
  showLink();
  if (!paused && waiting) show(waiting);
});

function showFilter() {
  const word = byId("filter").value.toLowerCase();
  for (const [name, cells] of rows) cells.row.hidden = !name.toLowerCase().includes(word);
}
byId("filter").addEventListener("input", showFilter);

// ── the feed ─────────────────────────────────────────────────────────────────────────────────────────

let last = null; // the snapshot on the page
let waiting = null; // the newest one, while paused
let source = null;
let heardAt = 0;
let connected = false;

function show(snapshot) {
  waiting = snapshot;
  if (paused) return;
  last = snapshot;
  showProcess(snapshot.process);
  for (const upstream of snapshot.upstreams) showUpstream(upstream, snapshot.at);
  const known = new Set(snapshot.upstreams.map((upstream) => upstream.name));
  for (const [name, tile] of tiles) if (!known.has(name)) { tile.element.remove(); tiles.delete(name); }
  showRoutes(snapshot);
  byId("filter-box").hidden = snapshot.routes.length < 12;
  if (byId("filter").value) showFilter();
  showRequests(snapshot);
}

function showLink() {
  const is = !connected ? (heardAt ? "lost" : "waiting") : paused ? "paused" : "live";
  data(byId("link"), "is", is);
  text(byId("link").querySelector(".word"), { lost: "disconnected", waiting: "connecting", paused: "paused", live: "live" }[is]);
  byId("main").classList.toggle("stale", is === "lost");
  byId("lost").hidden = is !== "lost";
  if (last && is === "lost") text(byId("last-seen"), clock(last.at));
}

function setConnected(value) {
  if (connected !== value && heardAt) announce(value ? "Connected" : "Disconnected");
  connected = value;
  showLink();
}

// Plans change only when the gateway starts anew, so they are asked for with each new stream.
async function loadPlans() {
  const loaded = await (await fetch("feed/plans.json")).json();
  plans = new Map(loaded.map((plan) => [plan.route, plan]));
  drawn = null;
  if (!plans.has(chosen)) chosen = null;
  for (const [name, cells] of rows) if (!plans.has(name)) { cells.row.remove(); rows.delete(name); }
  if (last) showRoutes(last);
}

function connect() {
  if (source) source.close();
  source = new EventSource("feed");
  source.addEventListener("open", () => { loadPlans().catch(() => {}); });
  source.addEventListener("message", (event) => {
    heardAt = Date.now();
    if (!connected) setConnected(true);
    show(JSON.parse(event.data));
  });
  source.addEventListener("error", () => setConnected(false));
}

// A browser asks again by itself unless the answer was no stream; and a network may fall silent without an error.
setInterval(() => {
  const silent = Date.now() - heardAt > MISSED * 1000 * (waiting ? waiting.every : 1);
  if (connected && silent) setConnected(false);
  if (!connected && (source.readyState === EventSource.CLOSED || (heardAt && silent && source.readyState === EventSource.OPEN))) connect();
}, 2000);

connect();
showLink();
