import { afterEach, describe, expect, it } from 'vitest';
import { existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inOut, out, root } from './common.mjs';
import { alone, digestOf, dropStamp, isCurrent, writeStamp } from './stamps.mjs';

const folder = inOut(`tmp/stamps-test-${process.pid}`);
const relative = path.relative(root, folder);
const part = `stamps-test-${process.pid}`;

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  dropStamp(part);
});

/** @param {string} name @param {string} text */
function write(name, text) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, name), text);
}

describe('a stamp', () => {
  it('is current until a source is changed, added or removed, or what was made is gone', () => {
    write('a.ts', 'one');
    write('made', '');
    const made = [path.relative(out, path.join(folder, 'made'))];
    const before = digestOf([relative]);
    expect(isCurrent(part, before)).toBe(false);
    writeStamp(part, before, made);
    expect(isCurrent(part, digestOf([relative]))).toBe(true);
    utimesSync(path.join(folder, 'a.ts'), 1, 1);
    expect(isCurrent(part, digestOf([relative]))).toBe(false);
    write('b.ts', 'two');
    expect(digestOf([relative])).not.toBe(before);
    rmSync(path.join(folder, 'made'));
    expect(isCurrent(part, before)).toBe(false);
  });

  it('does not depend on tests', () => {
    write('a.ts', 'one');
    const before = digestOf([relative]);
    write('a.test.ts', 'test');
    expect(digestOf([relative])).toBe(before);
  });
});

describe('work alone', () => {
  it('never overlaps, and gives the lock back after a failure', async () => {
    let working = 0;
    let most = 0;
    const work = async () => {
      working += 1;
      most = Math.max(most, working);
      await new Promise((resolve) => setTimeout(resolve, 20));
      working -= 1;
      throw new Error('broken');
    };
    const results = await Promise.allSettled([alone(part, work), alone(part, work), alone(part, work)]);
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(most).toBe(1);
    expect(existsSync(inOut(`locks/${part}`))).toBe(false);
  });

  it('takes the lock of a process that is no more', async () => {
    mkdirSync(inOut('locks'), { recursive: true });
    // The largest process id of Linux is 4,194,304, so this one never runs.
    writeFileSync(inOut(`locks/${part}`), '4194999');
    expect(await alone(part, async () => 'done')).toBe('done');
  });
});
