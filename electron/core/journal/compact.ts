/**
 * Writes a journal anew: all blocks sealed in this version's way, with an index, without free pages.
 *
 * Every entry keeps its number, its time and its bytes; the hash of the whole is compared before the new file takes the
 * old one's place. A journal that is being written, or that is damaged, is left as it is.
 */
import fs from 'node:fs';
import { describeUnknown, fail, ok, type Result } from '../../../shared/result.ts';
import { HashChain } from './hash-chain.ts';
import { JournalReader } from './reader.ts';
import { RecordBatch } from './records.ts';
import { removeDatabase } from './sqlite.ts';
import { JournalStore } from './store.ts';
import { sealedBlockBytes } from '../../../shared/limits.ts';

export function compactJournal(file: string): Result<null> {
  const opened = JournalReader.open(file);
  if (!opened.ok) {
    return fail(opened.problem.kind, opened.problem.sentence);
  }
  const reader = opened.value;
  const beside = `${file}.compacted`;
  try {
    if (reader.meta.state === 'open' || fs.existsSync(`${file}-wal`)) {
      return fail(
        'open',
        'This journal belongs to a session that is still open. Compact it when the session has ended.',
      );
    }
    removeDatabase(beside);
    const copied = copyTo(reader, beside);
    if (copied !== null) {
      return copied;
    }
    reader.close();
    fs.chmodSync(beside, fs.statSync(file).mode & 0o777);
    fs.renameSync(beside, file);
    return ok(null);
  } catch (error) {
    return fail('unwritable', `The journal could not be written anew: ${describeUnknown(error)}. It is as it was.`);
  } finally {
    reader.close();
    removeDatabase(beside);
  }
}

/** `null` when the copy is whole. */
function copyTo(reader: JournalReader, target: string): Result<never> | null {
  const store = JournalStore.create(target, reader.meta);
  try {
    for (const { hash, rawSize, data } of reader.snapshots()) {
      store.putSnapshot(hash, rawSize, data);
    }
    let batch = new RecordBatch();
    const flush = (): void => {
      store.append({ batches: [batch.take()], executions: [], gaps: 0 });
      batch = new RecordBatch();
      while (store.needsSealing && store.sealOne(false)) {
        // One block a round.
      }
    };
    const chain = new HashChain();
    for (const entry of reader.entries()) {
      chain.add(entry);
      batch.add(entry);
      if (batch.bytes >= sealedBlockBytes) {
        flush();
      }
    }
    if (reader.isSalvaging || chain.entries !== reader.lastSeqStated()) {
      return fail('damaged', 'This journal is damaged, so it is left as it is. "journal verify" says what is missing.');
    }
    const counts = reader.counts();
    store.append({ batches: [batch.take()], executions: reader.executions(), gaps: counts?.gaps ?? 0 });
    store.close();
    return sameChain(target, chain.head)
      ? null
      : fail('unwritable', 'The new file did not hold what the old one holds, so the old one stays.');
  } finally {
    store.dispose();
  }
}

function sameChain(file: string, head: string): boolean {
  const opened = JournalReader.open(file);
  if (!opened.ok) {
    return false;
  }
  const chain = new HashChain();
  for (const entry of opened.value.entries()) {
    chain.add(entry);
  }
  opened.value.close();
  return chain.head === head;
}
