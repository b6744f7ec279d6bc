import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { outputPageUrls } from '../../shared/outputs/frame-protocol.ts';
import {
  type Grant,
  grantOfPage,
  isOutputPageUrl,
  nothingGranted,
  outputFileOf,
  outputPolicy,
} from './output-pages.ts';
import { contentSecurityPolicy } from './pages.ts';

const root = path.resolve('/srv/outputs');
const policyAt = (url: string): string => outputFileOf(url, root)?.headers['Content-Security-Policy'] ?? '';
const directive = (policy: string, name: string): string =>
  policy.split('; ').find((one) => one.startsWith(`${name} `)) ?? '';

describe('the pages of outputs', () => {
  it('are one file under the addresses that windows know, each with its own policy', () => {
    for (const url of Object.values(outputPageUrls)) {
      expect(outputFileOf(url, root)?.file).toBe(path.join(root, 'frame.html'));
      expect(isOutputPageUrl(url)).toBe(true);
    }
    expect(new Set(Object.values(outputPageUrls).map(policyAt)).size).toBe(3);
    expect(outputFileOf('app://outputs/frame.html', root)).toBeNull();
  });

  it('are always sandboxed, and never with the origin they came from', () => {
    for (const url of Object.values(outputPageUrls)) {
      expect(directive(policyAt(url), 'sandbox')).toBe('sandbox allow-scripts');
      expect(directive(policyAt(url), 'frame-ancestors')).toBe('frame-ancestors app://nightjar');
    }
  });

  it('name no place on the network', () => {
    for (const url of Object.values(outputPageUrls)) {
      const policy = policyAt(url);
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/https?:|wss?:|\*|file:/);
      expect(directive(policy, 'connect-src')).toBe('connect-src data: blob:');
      for (const name of ['frame-src', 'object-src', 'base-uri', 'form-action']) {
        expect(directive(policy, name)).toBe(`${name} 'none'`);
      }
    }
  });

  it('name the places that were allowed, in the address with their grant alone', () => {
    const grant = '0b7a1f6e-7c9e-4d51-9f0e-5a3f8f1f2c11';
    const origins = (url: string): Grant =>
      url.endsWith(grant) ? { grant, origins: ['https://cdn.example.org'] } : nothingGranted;
    const policyWith = (url: string): string =>
      outputFileOf(url, root, origins)?.headers['Content-Security-Policy'] ?? '';
    for (const url of Object.values(outputPageUrls)) {
      expect(policyWith(url)).not.toContain('cdn.example.org');
      const policy = policyWith(`${url}?grant=${grant}`);
      for (const name of ['img-src', 'style-src', 'font-src', 'media-src', 'connect-src']) {
        expect(directive(policy, name)).toContain(` https://cdn.example.org nightjar-net://${grant}`);
      }
      expect(directive(policy, 'script-src').includes('cdn.example.org')).toBe(url.endsWith('script.html'));
      for (const name of ['frame-src', 'object-src', 'base-uri', 'form-action', 'default-src']) {
        expect(directive(policy, name)).toBe(`${name} 'none'`);
      }
      expect(grantOfPage(`${url}?grant=${grant}`)).toBe(grant);
      expect(isOutputPageUrl(`${url}?grant=${grant}`)).toBe(true);
      for (const other of [`${url}?grant=x`, `${url}?grant=${grant}&a=b`, `${url}#?grant=${grant}`, `${url}?`]) {
        expect(isOutputPageUrl(other)).toBe(false);
        expect(grantOfPage(other)).toBeNull();
      }
    }
  });

  it('let code of the output run on one of them alone', () => {
    expect(directive(outputPolicy('still.html'), 'script-src')).toBe('script-src app://outputs');
    expect(directive(outputPolicy('plot.html'), 'script-src')).toBe("script-src app://outputs 'unsafe-eval'");
    expect(directive(outputPolicy('script.html'), 'script-src')).toContain("'unsafe-inline'");
    expect(contentSecurityPolicy).toContain('frame-src app://outputs;');
  });

  it('are served with their libraries, and with nothing outside their folder', () => {
    expect(outputFileOf('app://outputs/lib/plotly.js', root)?.file).toBe(path.join(root, 'lib/plotly.js'));
    for (const url of [
      'app://nightjar/still.html',
      'app://outputs/..%2f..%2fsecret.json',
      'app://outputs/',
      'app://outputs.example/still.html',
      'https://outputs/still.html',
    ]) {
      expect(outputFileOf(url, root)).toBeNull();
      expect(isOutputPageUrl(url)).toBe(false);
    }
  });

  it('say of themselves that other sites may load them, because their own frames are one', () => {
    const headers = outputFileOf('app://outputs/lib/plotly.js', root)?.headers ?? {};
    expect(headers['Cross-Origin-Resource-Policy']).toBe('cross-origin');
    expect(headers['X-Content-Type-Options']).toBe('nosniff');
  });
});
