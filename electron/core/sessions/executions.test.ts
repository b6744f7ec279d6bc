import { describe, expect, it } from 'vitest';
import { asSeq } from '../../../shared/ids.ts';
import { Executions } from './executions.ts';
import { makeFrame, newHeader } from './messages.ts';

describe('an execution that nobody heard begin', () => {
  it('runs from the first thing it prints, and is not unheard any more', () => {
    const executions = new Executions([]);
    const header = { ...newHeader('execute_request', 's'), msg_id: 'a' };
    executions.begin(makeFrame('shell', header, null, { code: '' }), asSeq(1), 0);
    executions.sent('a', 5);
    expect(executions.unheardSinceMs('a')).toBe(5);
    const printed = makeFrame('iopub', newHeader('stream', 'k'), header, { name: 'stdout', text: 'late' });
    executions.observe(printed, 10);
    expect(executions.unheardSinceMs('a')).toBeNull();
    expect(executions.get('a')).toMatchObject({ state: 'running', startedTimeMs: 10 });
    // Its end is lost too: it ran, and is not called one that never did.
    executions.observe(makeFrame('iopub', newHeader('status', 'k'), header, { execution_state: 'idle' }), 20);
    executions.endWithoutReply('a', 30);
    expect(executions.get('a')).toMatchObject({ state: 'done', status: 'ok' });
  });
});
