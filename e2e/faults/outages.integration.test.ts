import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oldPython, startJupyter, testPython, type TestServer } from '../support/jupyter-server.ts';
import { compareOutages, faultsAndCourse, linesIn, type OutageResult, outages } from './outages.ts';

const servers = [
  { name: 'the newest server', python: testPython() },
  ...(oldPython() === null ? [] : [{ name: "Debian's server", python: oldPython() ?? '' }]),
];

describe.each(servers)('outages on $name', ({ python }) => {
  let server: TestServer;
  const results = new Map<string, OutageResult>();

  beforeAll(async () => {
    server = await startJupyter(python);
    for (const result of await compareOutages(server, outages)) results.set(result.name, result);
  }, 660_000);

  afterAll(async () => {
    await server.stop();
  });

  it.each(outages)('$name: Nightjar has everything, once and in order', (outage) => {
    const result = results.get(outage.name);
    expect(result === undefined ? ['not run'] : faultsAndCourse(result.nightjar, outage)).toEqual([]);
    expect(linesIn(result?.nightjar.text ?? '')).toBe(outage.lines);
  });

  it('are outages: the stock client loses lines in some of them', () => {
    const compared = [...results.values()].filter(({ stock }) => stock.problem === undefined);
    const lost = compared.filter(({ stock, lines }) => linesIn(stock.text) < lines);
    // Which of them depends on how fast the machine is.
    expect(lost.map(({ name }) => name)).not.toEqual([]);
  });
});
