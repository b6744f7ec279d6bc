// Runs one stage of checks or tests and counts what passed, failed and was skipped.
//
// A check step counts as one. A vitest stage counts its tests, read from vitest's own report. A stage that breaks in
// another way (a file that does not load, a crash, no report) counts as one failure more, so that a sum without
// failures always means that everything ran.

import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { inOut, inRoot, root, run, say } from './common.mjs';

/** Enough of a failure to know it by. */
const failureLines = 5;
const failureLineLength = 200;
const windowLength = 420;
const nameLength = 110;
const toldWhole = 2;

/**
 * `failures` names each one, with the first lines of why.
 * @typedef {{ passed: number, failed: number, skipped: number, failures: string[] }} Count
 */
/** @typedef {{ name: string, run: () => Promise<{ ok: boolean, output: string }> }} Step */

/** @param {Count[]} counts @returns {Count} */
export function sum(counts) {
  /** @type {Count} */
  const total = { passed: 0, failed: 0, skipped: 0, failures: [] };
  for (const { passed, failed, skipped, failures } of counts) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
    total.failures.push(...failures);
  }
  return total;
}

/**
 * Says at the end, where everybody looks first, what failed. Of many failures in a file most follow from the first:
 * the first of some files are told last and whole, the others by their name.
 * @param {Count} count
 */
export function tellFailures({ failures }) {
  for (const line of failureReport(failures)) process.stdout.write(`FAILED ${line}\n`);
}

/** @param {string[]} failures @returns {string[]} */
export function failureReport(failures) {
  const files = failures.map((one) => one.split(' > ', 1)[0]);
  const whole = [...new Set(files.map((file) => files.indexOf(file)))].slice(0, toldWhole);
  const named = failures.filter((_, index) => !whole.includes(index)).map((one) => one.split('\n', 1)[0] ?? '');
  return [...named.map((one) => one.slice(0, nameLength)), ...whole.map((index) => failures[index] ?? '')];
}

/** @param {Count} count */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** @param {string} why @returns {Count} */
export function oneFailure(why) {
  say(why);
  return { passed: 0, failed: 1, skipped: 0, failures: [firstLines(why)] };
}

/** @param {string} text as much as names a fault; the whole of it stands where it happened */
function firstLines(text) {
  const lines = stripVTControlCharacters(text)
    .split('\n')
    .filter((line) => line.trim() !== '');
  return lines
    .slice(0, failureLines)
    .map((line) => line.slice(0, failureLineLength))
    .join('\n  ');
}

/** @param {ReportedTest} test what the windows said when it failed */
function windowLines({ meta }) {
  return (meta?.windows ?? []).map((line) => `\n  ${line.slice(0, windowLength)}`).join('');
}

/** @param {Step} step @returns {Promise<Count>} */
export async function runStep({ name, run: work }) {
  const startedAt = performance.now();
  const { ok, output } = await work();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
  if (!ok) process.stdout.write(`${output.trimEnd()}\n`);
  const failures = ok ? [] : [`${name}: ${firstLines(output)}`];
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0, failures };
}

/**
 * @typedef {{ status: string, fullName: string, failureMessages?: string[] | null,
 *   meta?: { windows?: string[] } }} ReportedTest
 * @typedef {{ name: string, status?: string, message?: string, assertionResults: ReportedTest[] }} ReportedFile
 */

/**
 * What failed that is no test: a file that does not load, the hooks of a describe block.
 * @typedef {{ file: string, name: string, why: string }} Preparation
 */

/** @param {ReportedFile[]} files @param {Preparation[]} preparations @returns {string[]} */
function reportedFailures(files, preparations) {
  const ofTests = files.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name);
    const tests = assertionResults.filter((test) => test.status === 'failed');
    if (tests.length > 0) {
      return tests.map(
        (test) => `${file} > ${test.fullName}: ${firstLines(test.failureMessages?.[0] ?? '')}${windowLines(test)}`,
      );
    }
    const isNamed = preparations.some((preparation) => preparation.file === name);
    return status === 'failed' && !isNamed ? [`${file}: ${firstLines(message ?? '')}`] : [];
  });
  const ofPreparations = preparations.map(({ file, name, why }) =>
    [relative(root, file), ...(name === '' ? [] : [` > ${name}`]), ': ', firstLines(why)].join(''),
  );
  return [...ofTests, ...ofPreparations];
}

/**
 * @param {{ success: boolean, numPassedTests: number, numFailedTests: number, numPendingTests: number,
 *   numTodoTests: number, testResults?: ReportedFile[] }} report vitest's
 * @param {number} code vitest's exit code
 * @param {Preparation[]} [preparations]
 * @returns {Count}
 */
export function countReport(report, code, preparations = []) {
  const broken = report.numFailedTests === 0 && (code !== 0 || !report.success);
  const failures = reportedFailures(report.testResults ?? [], preparations);
  if (broken && failures.length === 0) failures.push(`vitest ended with code ${code} although no test failed`);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + (broken ? 1 : 0),
    skipped: report.numPendingTests + report.numTodoTests,
    failures,
  };
}

/**
 * @param {'unit' | 'integration' | 'e2e'} stage
 * @param {string[]} filters parts of file names; none means all
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<Count>}
 */
export async function runVitest(stage, filters, env = process.env) {
  const report = inOut(`reports/${stage}.json`);
  const preparationReport = inOut(`reports/${stage}-preparation.json`);
  mkdirSync(inOut('reports'), { recursive: true });
  for (const file of [report, preparationReport]) rmSync(file, { force: true });
  const args = ['run', '--config', inRoot('build/vitest.config.ts'), '--project', stage, '--passWithNoTests'];
  const reporters = ['default', 'json', inRoot('build/preparation-reporter.mjs')].map((name) => `--reporter=${name}`);
  const { code } = await run(
    process.execPath,
    [inRoot('node_modules/vitest/vitest.mjs'), ...args, ...reporters, `--outputFile.json=${report}`, ...filters],
    { env: { ...env, NIGHTJAR_PREPARATION_REPORT: preparationReport }, output: 'inherit' },
  );
  if (!existsSync(report)) return oneFailure(`the ${stage} tests ended with code ${code} and without a report`);
  const preparations = existsSync(preparationReport) ? JSON.parse(readFileSync(preparationReport, 'utf8')) : [];
  const count = countReport(JSON.parse(readFileSync(report, 'utf8')), code, preparations);
  if (count.passed + count.failed + count.skipped === 0) say(`there are no ${stage} tests for this`);
  return count;
}
