// Vitest's report in JSON names failed tests. What fails before or after them, in the hooks of a describe block, it only
// counts, and the tests behind it are skipped without a word: this reporter writes down why.

import { writeFileSync } from 'node:fs';

/** @typedef {import('vitest/node').TestSuite | import('vitest/node').TestModule} Suite */

export default class PreparationReporter {
  /** @type {{ file: string, name: string, why: string }[]} */
  #failed = [];

  /** @param {Suite} suite @param {string} name */
  #note(suite, name) {
    const file = suite.type === 'module' ? suite.moduleId : suite.module.moduleId;
    for (const { message, stack } of suite.errors()) this.#failed.push({ file, name, why: message || stack || '' });
  }

  /** @param {import('vitest/node').TestSuite} suite */
  onTestSuiteResult(suite) {
    this.#note(suite, suite.fullName);
  }

  /** @param {import('vitest/node').TestModule} module */
  onTestModuleEnd(module) {
    this.#note(module, '');
  }

  onTestRunEnd() {
    const { NIGHTJAR_PREPARATION_REPORT: file } = process.env;
    if (file !== undefined) writeFileSync(file, JSON.stringify(this.#failed));
  }
}
