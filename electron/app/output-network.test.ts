import { describe, expect, it } from 'vitest';
import type { SettingsPort } from '../core/api.ts';
import { isNearby, originOf, OutputNetwork } from './output-network.ts';

function memory(): SettingsPort {
  const values = new Map<string, unknown>();
  return { get: (key) => values.get(key), set: (key, value) => void values.set(key, value) };
}

const pageOf = (grant: string | null): string => `app://outputs/script.html?grant=${grant}`;

describe('what outputs may load', () => {
  it('is nothing until a person has allowed it', () => {
    const network = new OutputNetwork(memory());
    expect(network.of('s', 'a.ipynb')).toEqual({ grant: null, origins: [] });
    expect(network.routeOf('app://outputs/script.html', 'https://cdn.example.org/x.js')).toBeNull();
    expect(network.ofPage('app://outputs/script.html')).toEqual({ grant: null, origins: [] });
  });

  it('is what was allowed for this notebook, and only for frames that carry its grant', () => {
    const network = new OutputNetwork(memory());
    const { grant } = network.allow('s', 'a.ipynb', 'https://cdn.example.org');
    const other = network.allow('s', 'b.ipynb', 'https://tiles.example.org').grant;
    const route = network.routeOf(pageOf(grant), 'https://cdn.example.org/x.js?v=1') ?? '';
    expect(network.isOwnRoute(pageOf(grant), route)).toBe(true);
    expect(network.isOwnRoute(pageOf(other), route)).toBe(false);
    expect(network.isOwnRoute('app://nightjar/notebook/index.html', route)).toBe(false);
    expect(network.targetOf(route)?.url.href).toBe('https://cdn.example.org/x.js?v=1');
    expect(network.routeOf(pageOf(other), 'https://cdn.example.org/x.js')).toBeNull();
    for (const forged of [
      route.replace('cdn.', 'tiles.'),
      route.replace('/https/', '/http/'),
      route.replace('/https/', '/file/'),
      route.replace('cdn.example.org', 'cdn.example.org@evil.org'),
      route.replace('cdn.example.org', 'evil.org:443/cdn.example.org'),
      route.replace(`${grant}`, `${other}`),
      route.replace(`${grant}`, '00000000-0000-0000-0000-000000000000'),
      'nightjar-net://x/https/cdn.example.org/',
    ]) {
      expect(network.targetOf(forged), forged).toBeNull();
    }
    for (const [page, url] of [
      [pageOf(grant), 'https://tiles.example.org/1.png'],
      [pageOf(grant), 'http://cdn.example.org/x.js'],
      [pageOf(grant), 'https://cdn.example.org.evil.org/x.js'],
      [pageOf(grant), 'https://cdn.example.org:444/x.js'],
      [pageOf(grant), 'wss://cdn.example.org/'],
      ['app://outputs/script.html', 'https://cdn.example.org/x.js'],
      [`app://outputs/lib/vega.js?grant=${grant}`, 'https://cdn.example.org/x.js'],
      [`app://nightjar/notebook/index.html?grant=${grant}`, 'https://cdn.example.org/x.js'],
      [`https://evil.org/?grant=${grant}`, 'https://cdn.example.org/x.js'],
      ['', 'https://cdn.example.org/x.js'],
    ] as const) {
      expect(network.routeOf(page, url), `${page} ${url}`).toBeNull();
    }
  });

  it('is remembered, goes with a notebook that is renamed, and can be taken back', () => {
    const settings = memory();
    const first = new OutputNetwork(settings).allow('s', 'a.ipynb', 'https://cdn.example.org');
    const network = new OutputNetwork(settings);
    const again = network.of('s', 'a.ipynb');
    expect(again.origins).toEqual(['https://cdn.example.org']);
    // The word itself is of one run of the app.
    expect(again.grant).not.toBe(first.grant);
    network.rename('s', 'a.ipynb', 'c.ipynb');
    expect(network.of('s', 'a.ipynb').origins).toEqual([]);
    expect(network.of('s', 'c.ipynb')).toEqual(again);
    network.forbid('s', 'c.ipynb');
    expect(network.routeOf(pageOf(again.grant), 'https://cdn.example.org/x.js')).toBeNull();
    expect(new OutputNetwork(settings).of('s', 'c.ipynb').grant).toBeNull();
  });

  it('begins empty when what is stored cannot be read', () => {
    for (const value of [null, 'x', { 's:a': ['not an origin'] }, { 's:a': ['https://a.org/path'] }]) {
      const settings = memory();
      settings.set('outputs.network', value);
      expect(new OutputNetwork(settings).of('s', 'a')).toEqual({ grant: null, origins: [] });
    }
  });
});

describe('an origin', () => {
  it('is that of an http or https address', () => {
    expect(originOf('https://cdn.example.org/x?y')).toBe('https://cdn.example.org');
    expect(originOf('http://a:8080')).toBe('http://a:8080');
    for (const text of ['', 'wss://a', 'file:///etc', 'data:text/html,x', "javascript:'https://a'"]) {
      expect(originOf(text), text).toBeNull();
    }
  });

  it('is told to be nearby when it is on this computer or its network', () => {
    for (const host of [
      ...[
        'localhost',
        'a.localhost',
        '127.0.0.1',
        '10.1.2.3',
        '192.168.0.1',
        '172.20.0.1',
        '169.254.1.1',
        '100.64.0.1',
      ],
      ...['printer', 'nas.local', '[::1]', '[fd00::1]', '[fe80::1]', '[::ffff:7f00:1]', '0.0.0.0'],
    ]) {
      expect(isNearby(`http://${host}`), host).toBe(true);
    }
    for (const host of ['cdn.example.org', '8.8.8.8', '172.32.0.1', '100.128.0.1', '[2606:4700::1111]']) {
      expect(isNearby(`https://${host}`), host).toBe(false);
    }
  });
});
