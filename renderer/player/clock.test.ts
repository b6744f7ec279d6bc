import { expect, it } from 'vitest';
import { advance, nextSpeed, speeds } from './clock.ts';

const night = [{ fromMs: 10_000, toMs: 3_610_000 }];

it('the clock goes with the speed', () => {
  expect(advance(0, 1_000, 1, night)).toBe(1_000);
  expect(advance(0, 1_000, 5, night)).toBe(5_000);
  expect(advance(0, 1_000, 0.5, night)).toBe(500);
});

it('a folded night passes in a blink, at every speed', () => {
  for (const speed of speeds) {
    const before = advance(10_000, 200, speed, night);
    expect(before).toBeGreaterThan(10_000);
    expect(before).toBeLessThan(3_610_000);
    expect(advance(10_000, 450 + 1_000, speed, night)).toBeCloseTo(3_610_000 + 1_000 * speed);
  }
  expect(advance(0, 10_000 + 450 + 1_000, 1, night)).toBeCloseTo(3_611_000);
});

it('small steps lead to where one large step leads', () => {
  let now = 0;
  for (let step = 0; step < 1_000; step += 1) now = advance(now, 13, 2, night);
  expect(now).toBeCloseTo(advance(0, 13_000, 2, night), 3);
});

it('speeds go up and down by one and stay at the ends', () => {
  expect(nextSpeed(1, 1)).toBe(2);
  expect(nextSpeed(1, -1)).toBe(0.5);
  expect(nextSpeed(0.5, -1)).toBe(0.5);
  expect(nextSpeed(1000, 1)).toBe(1000);
});
