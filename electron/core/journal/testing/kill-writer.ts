/**
 * Appends to a journal through the real worker, so many batches and then no more, until it is killed; tells each entry
 * that is said to be committed.
 */
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { directions, entryKinds, lanes } from '../../../../shared/journal/entries.ts';
import { encodeMessage } from '../../../../shared/wire/codec.ts';
import { JournalClient } from '../client.ts';
import { RecordBatch } from '../records.ts';
import { metaOf } from './session.ts';

const [workerFile = '', file = '', batches = ''] = process.argv.slice(2);
const client = new JournalClient(pathToFileURL(workerFile), () => undefined);
const opened = fs.existsSync(file)
  ? await client.call({ op: 'open', key: 'k', file })
  : await client.call({ op: 'create', key: 'k', file, meta: metaOf('kill') });

const parent = { msg_id: 'request', msg_type: 'execute_request', session: 'client' };
let seq = opened.lastSeq;
for (let left = Number(batches); left > 0; left--) {
  const batch = new RecordBatch();
  for (let index = 0; index < 400; index++) {
    seq += 1;
    const header = { msg_id: `kernel_1_${seq}`, msg_type: 'stream', session: 'kernel' };
    const content = { name: 'stdout', text: `line ${seq} ${'x'.repeat(seq % 700)}\n` };
    const body = encodeMessage({ channel: 'iopub', header, parent_header: parent, metadata: {}, content });
    batch.add({ kind: entryKinds.frame, direction: directions.in, lane: lanes.live, timeUs: Date.now() * 1000, body });
  }
  const append = { batches: [batch.take()], executions: [], gaps: 0 };
  const { lastSeq } = await client.append('k', append, () => undefined);
  process.send?.(lastSeq);
}
setInterval(() => undefined, 1_000);
