/**
 * The script and the style of an exported page. The script is the page's only code and stands in its policy by its
 * hash; it puts text in as text, and as markup only what was cleaned when the page was made.
 */

export const pageStyle = `
:root{color-scheme:light dark;--ink:#1d1f24;--soft:#6a7080;--paper:#fff;--line:#e3e5ea;--code:#f6f7f9;--accent:#3b5bdb;--bad:#c92a2a;--badpaper:#fff0f0;--gap:#d9480f}
@media(prefers-color-scheme:dark){:root{--ink:#e6e8ee;--soft:#9aa1b2;--paper:#16181d;--line:#2c3038;--code:#1e2127;--accent:#91a7ff;--bad:#ff8787;--badpaper:#2b1a1c;--gap:#ffa94d}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.55 system-ui,sans-serif}
header{position:sticky;top:0;z-index:2;background:var(--paper);border-bottom:1px solid var(--line);padding:12px max(16px,calc(50vw - 480px)) 10px}
header h1{font-size:17px;font-weight:600;margin:0}
#bar label{font-size:13px;color:var(--soft)}
#about{color:var(--soft);font-size:13px;margin:0 0 8px}
#bar{display:flex;gap:8px;align-items:center;flex-wrap:wrap}
button,select{font:inherit;font-size:13px;color:inherit;background:var(--code);border:1px solid var(--line);border-radius:6px;padding:4px 10px;min-height:30px}
button:focus-visible,select:focus-visible,input:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
#play{min-width:74px;font-weight:600}
#clock{margin-left:auto;font-variant-numeric:tabular-nums;font-size:13px}
#track{position:relative;margin-top:8px}
#place{width:100%;margin:0;accent-color:var(--accent)}
#marks{position:relative;height:8px;margin:0 8px}
#marks i{position:absolute;top:0;width:3px;height:8px;margin-left:-1px;border-radius:1px;background:var(--soft);cursor:pointer}
#marks i::after{content:"";position:absolute;inset:-4px -5px}
#marks .at-error{background:var(--bad)}#marks .at-gap,#marks .at-outage{background:var(--gap)}
main{max-width:960px;margin:0 auto;padding:16px 16px 80px}
section{scroll-margin:150px 0 40px;display:grid;grid-template-columns:64px minmax(0,1fr);margin:0 0 18px}
.count{font:12px/22px ui-monospace,monospace;color:var(--soft);padding-right:10px;text-align:right;white-space:nowrap}
section.is-running .count{color:var(--accent);font-weight:600}
pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.5 ui-monospace,Menlo,Consolas,monospace}
.source{background:var(--code);border:1px solid var(--line);border-radius:6px;padding:8px 10px}
section.is-running .source{border-color:var(--accent)}
.outputs>*{margin-top:8px}
.outputs{overflow-x:auto}
.outputs img,.text img{max-width:100%;background:#fff}
.stderr{border-left:3px solid var(--gap);padding-left:8px}
pre.error{background:var(--badpaper);border-radius:6px;padding:8px 10px}
.note{color:var(--soft);font-style:italic}
table{border-collapse:collapse;font-size:13px}td,th{border:1px solid var(--line);padding:3px 8px;text-align:right}
.text{grid-column:2}.text :first-child{margin-top:0}
.b{font-weight:700}.u{text-decoration:underline}
.c0{color:#555}.c1{color:var(--bad)}.c2{color:#2b8a3e}.c3{color:#b08800}.c4{color:var(--accent)}.c5{color:#9c36b5}.c6{color:#0b7285}.c7{color:var(--soft)}
@media(prefers-color-scheme:dark){.c2{color:#69db7c}.c3{color:#ffd43b}.c5{color:#e599f7}.c6{color:#66d9e8}.c0{color:#888}}
@media print{header{position:static}#bar,#track{display:none}}
@media(max-width:600px){section{grid-template-columns:1fr}.count{text-align:left}.text{grid-column:1}}
`;

export const pageScript = String.raw`
'use strict';
(() => {
  const journal = JSON.parse(document.getElementById('journal').textContent);
  const { steps, marks } = journal;
  const main = document.querySelector('main');
  const place = document.getElementById('place');
  const clock = document.getElementById('clock');
  const playButton = document.getElementById('play');
  const speed = document.getElementById('speed');
  // The time zone of the one who looks, and the same form for everybody.
  const atTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
  const shown = new Map();
  let cells = new Map();
  let order = [];
  let at = -1;
  let timer = 0;

  const element = (name, className, text) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  // Colours of terminals: the basic ones; every other escape sequence is left out.
  const colored = (text, className) => {
    const pre = element('pre', className);
    let classes = [];
    let from = 0;
    const put = (part) => {
      if (part) pre.append(classes.length ? element('span', classes.join(' '), part) : part);
    };
    const escapes = /\u001b(?:\[([0-9;]*)m|\[[0-?]*[ -\/]*[@-~]|\][^\u0007]*\u0007|.)/g;
    for (let match = escapes.exec(text); match; match = escapes.exec(text)) {
      put(text.slice(from, match.index));
      from = escapes.lastIndex;
      if (match[1] === undefined) continue;
      for (const code of match[1].split(';').map(Number)) {
        if (code === 0) classes = [];
        else if (code === 1) classes = [...classes, 'b'];
        else if (code === 4) classes = [...classes, 'u'];
        else if (code === 39) classes = classes.filter((name) => name[0] !== 'c');
        else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97))
          classes = [...classes.filter((name) => name[0] !== 'c'), 'c' + (code % 10)];
      }
    }
    put(text.slice(from));
    return pre;
  };

  const drawPart = (part) => {
    if (part.t === 'image') {
      const image = element('img');
      image.src = part.x;
      image.alt = part.alt;
      return image;
    }
    if (part.t === 'html') {
      const box = element('div');
      box.innerHTML = part.x;
      return box;
    }
    return colored(part.x, part.t === 'text' ? part.n : part.t);
  };

  const words = { queued: 'waiting', running: 'running', error: 'failed', aborted: 'stopped' };
  const drawCell = (cell) => {
    const section = element('section', 'is-' + (cell.st || 'none'));
    if (cell.k !== 'code') {
      if (cell.h !== undefined && cell.h !== null) {
        const text = element('div', 'text');
        text.innerHTML = cell.h;
        section.append(text);
      } else section.append(element('pre', 'text', cell.s || ''));
      return section;
    }
    const count = cell.st === 'running' || cell.st === 'queued' ? '[*]' : cell.n == null ? '[ ]' : '[' + cell.n + ']';
    const label = element('div', 'count', count);
    if (words[cell.st]) label.title = words[cell.st];
    const body = element('div');
    body.append(element('pre', 'source', cell.s || ''));
    const outputs = element('div', 'outputs');
    for (const part of cell.o || []) outputs.append(drawPart(part));
    body.append(outputs);
    section.append(label, body);
    return section;
  };

  // A step says what is different from the one before; what it does not name stays.
  const apply = (step, changed) => {
    if (step.order) order = step.order;
    for (const [id, patch] of step.cells) {
      const before = cells.get(id) || { o: [] };
      const after = { ...before, ...patch };
      if (patch.a) {
        const [index, more] = patch.a;
        after.o = before.o.slice();
        after.o[index] = { ...after.o[index], x: after.o[index].x + more };
        delete after.a;
      }
      if (patch.p) {
        after.o = (after.o || []).concat(patch.p);
        delete after.p;
      }
      cells.set(id, after);
      changed.add(id);
    }
  };

  const go = (index) => {
    const wanted = Math.max(0, Math.min(steps.length - 1, index));
    const changed = new Set();
    if (wanted < at) {
      cells = new Map();
      order = [];
      at = -1;
      shown.clear();
    }
    while (at < wanted) apply(steps[++at], changed);
    for (const id of changed) shown.delete(id);
    const sections = order.filter((id) => cells.has(id)).map((id) => {
      const section = shown.get(id) || drawCell(cells.get(id));
      shown.set(id, section);
      return section;
    });
    sections.forEach((section, index) => {
      if (main.children[index] !== section) main.insertBefore(section, main.children[index] || null);
    });
    while (main.children.length > sections.length) main.lastElementChild.remove();
    const step = steps[at];
    if (!step) return;
    place.value = String(step.t - journal.first);
    const time = new Date(step.t);
    clock.textContent = atTime.format(time);
    clock.title = time.toISOString();
    place.setAttribute('aria-valuetext', atTime.format(time));
  };

  const indexAt = (time) => {
    let low = 0;
    let high = steps.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (steps[middle].t <= time) low = middle;
      else high = middle - 1;
    }
    return low;
  };

  const stop = () => {
    clearTimeout(timer);
    timer = 0;
    playButton.textContent = 'Play';
  };
  const tick = () => {
    if (at >= steps.length - 1) return stop();
    // Quiet hours are folded: no step waits longer than this.
    const wait = Math.min(1500, (steps[at + 1].t - steps[at].t) / Number(speed.value));
    timer = setTimeout(() => {
      const [last] = steps[at + 1].cells.slice(-1);
      go(at + 1);
      const section = last && shown.get(last[0]);
      if (section) section.scrollIntoView({ block: 'nearest' });
      tick();
    }, wait);
  };
  const toggle = () => {
    if (timer) return stop();
    if (at >= steps.length - 1) go(0);
    playButton.textContent = 'Pause';
    tick();
  };

  place.max = String(Math.max(1, journal.last - journal.first));
  place.addEventListener('input', () => {
    stop();
    go(indexAt(journal.first + Number(place.value)));
  });
  playButton.addEventListener('click', toggle);
  document.getElementById('back').addEventListener('click', () => (stop(), go(at - 1)));
  document.getElementById('next').addEventListener('click', () => (stop(), go(at + 1)));
  document.addEventListener('keydown', (event) => {
    if (event.target instanceof HTMLSelectElement || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === ' ' && !(event.target instanceof HTMLButtonElement)) toggle();
    else if (event.key === 'ArrowLeft') (stop(), go(at - 1));
    else if (event.key === 'ArrowRight') (stop(), go(at + 1));
    else if (event.key === 'Home') (stop(), go(0));
    else if (event.key === 'End') (stop(), go(steps.length - 1));
    else return;
    event.preventDefault();
  });
  const track = document.getElementById('marks');
  for (const mark of marks) {
    const line = element('i', 'at-' + mark.kind);
    line.addEventListener('click', () => (stop(), go(indexAt(mark.t))));
    line.style.left = (100 * (mark.t - journal.first)) / Math.max(1, journal.last - journal.first) + '%';
    line.title = atTime.format(mark.t) + '  ' + mark.text;
    track.append(line);
  }
  go(steps.length - 1);
})();
`;
