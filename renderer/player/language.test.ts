import { expect, it } from 'vitest';
import { withLanguage } from './language.ts';

it('what the notebook says of its language stands', () => {
  const metadata = { language_info: { name: 'julia', version: '1.11' } };
  expect(withLanguage(metadata, 'python3')).toBe(metadata);
});

it('where it says nothing, or names none, the kernel tells it', () => {
  for (const metadata of [{}, { language_info: { name: '' } }, { language_info: 'odd' }]) {
    expect(withLanguage(metadata, 'python3')).toMatchObject({ language_info: { name: 'python' } });
  }
  const spec = { kernelspec: { name: 'x', language: 'R' }, language_info: { name: '' } };
  expect(withLanguage(spec, 'ir')).toMatchObject({ language_info: { name: 'r' } });
  expect(withLanguage({ other: 1 }, null)).toEqual({ other: 1 });
});
