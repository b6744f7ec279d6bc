import { afterEach, describe, expect, it, vi } from 'vitest';
import { SliceQueue } from './slice-queue.ts';

afterEach(() => vi.unstubAllGlobals());

/** Three jobs of more than a slice each, in a window that draws or does not; answers what came after what. */
async function courseOf({ isHidden, draws }: { isHidden: boolean; draws: boolean }): Promise<string[]> {
  const course: string[] = [];
  vi.stubGlobal('document', { hidden: isHidden });
  vi.stubGlobal('requestAnimationFrame', (callback: () => void) => {
    if (draws) {
      setTimeout(() => {
        course.push('frame');
        callback();
      }, 5);
    }
  });
  const queue = new SliceQueue();
  await new Promise<void>((resolve) => {
    for (const name of ['a', 'b', 'c']) {
      queue.push(() => {
        for (const endMs = performance.now() + 10; performance.now() < endMs; );
        course.push(name);
      });
    }
    queue.push(resolve);
  });
  return course;
}

describe('jobs that take longer than a slice', () => {
  it('let the window draw between them', async () => {
    expect(await courseOf({ isHidden: false, draws: true })).toEqual(['a', 'frame', 'b', 'frame', 'c', 'frame']);
  });

  it('wait for no frame in a window that is hidden, or becomes so', async () => {
    expect(await courseOf({ isHidden: true, draws: true })).toEqual(['a', 'b', 'c']);
    expect(await courseOf({ isHidden: false, draws: false })).toEqual(['a', 'b', 'c']);
  });
});
