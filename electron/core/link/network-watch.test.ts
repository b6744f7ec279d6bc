import { expect, it } from 'vitest';
import { hasMoved } from './network-watch.ts';

it('a connection has moved when this computer no longer has the address that it goes out from', () => {
  const addresses = new Set(['192.0.2.2', 'fe80::1']);
  expect(hasMoved({ localAddress: '192.0.2.2' }, addresses)).toBe(false);
  expect(hasMoved({ localAddress: 'fe80::1%eth0' }, addresses)).toBe(false);
  expect(hasMoved({ localAddress: '192.0.2.3' }, addresses)).toBe(true);
  // One that is not connected goes out from nowhere.
  expect(hasMoved({}, addresses)).toBe(false);
  expect(hasMoved(null, addresses)).toBe(false);
});
