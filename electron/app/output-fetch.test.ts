import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchForOutput } from './output-fetch.ts';

let origin = '';
let elsewhere = '';
const heard: { method: string; url: string; headers: http.IncomingHttpHeaders }[] = [];
const servers: http.Server[] = [];

async function listen(onRequest: http.RequestListener): Promise<string> {
  const server = http.createServer(onRequest);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: unknown = server.address();
  return `http://127.0.0.1:${(address as AddressInfo).port}`;
}

beforeAll(async () => {
  elsewhere = await listen((_request, response) => response.end('elsewhere'));
  origin = await listen((request, response) => {
    heard.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
    const target = { '/here': '/data', '/away': `${elsewhere}/data`, '/circle': '/circle' }[request.url ?? ''];
    if (target !== undefined) {
      response.writeHead(302, { Location: target }).end();
      return;
    }
    response.setHeader('Set-Cookie', 'a=b');
    response.setHeader('Content-Type', 'text/javascript');
    response.end('data');
  });
});

afterAll(() => {
  for (const server of servers) server.close();
});

const target = (address: string) => ({ url: new URL(address), origins: [origin] });
const asked = (init: RequestInit = {}) => new Request('nightjar-net://grant/https/x', init);

describe('loading for an output', () => {
  it('brings what was asked for, and nothing of the person along', async () => {
    heard.length = 0;
    const headers = {
      Accept: 'text/javascript',
      Cookie: 'c=d',
      Authorization: 'token t',
      Referer: 'http://a',
      'X-A': 'b',
    };
    const answer = await fetchForOutput(asked({ headers }), target(`${origin}/data`));
    expect(await answer.text()).toBe('data');
    expect(answer.headers.get('content-type')).toBe('text/javascript');
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect(answer.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(heard).toHaveLength(1);
    expect(heard[0]?.headers.accept).toBe('text/javascript');
    for (const name of ['cookie', 'authorization', 'referer', 'x-a', 'origin']) {
      expect(heard[0]?.headers[name], name).toBeUndefined();
    }
  });

  it('goes nowhere that nobody allowed, nor by a detour', async () => {
    heard.length = 0;
    expect((await fetchForOutput(asked(), null)).status).toBe(403);
    expect((await fetchForOutput(asked(), target(`${origin}/away`))).status).toBe(403);
    expect(heard.map(({ url }) => url)).toEqual(['/away']);
    expect(await (await fetchForOutput(asked(), target(`${origin}/here`))).text()).toBe('data');
    expect((await fetchForOutput(asked(), target(`${origin}/circle`))).status).toBe(508);
  });

  it('sends nothing', async () => {
    heard.length = 0;
    const request = asked({ method: 'POST', body: 'secret' });
    expect((await fetchForOutput(request, target(`${origin}/data`))).status).toBe(405);
    expect(heard).toEqual([]);
  });

  it('says when nobody answers', async () => {
    const gone = 'http://127.0.0.1:9';
    expect((await fetchForOutput(asked(), { url: new URL(`${gone}/x`), origins: [gone] })).status).toBe(504);
  });
});
