/**
 * What the rate limiter of a Jupyter server says and does.
 *
 * Source: jupyter_server, `iopub_msg_rate_limit`, `iopub_data_rate_limit` and `_limit_rate`.
 */
import { type Frame, isIdle } from '../../../shared/wire/codec.ts';

/** The limiter's notice has about 860 bytes; larger messages are not looked into. */
const noticeBytesMax = 4_000;
const noticeWords = Buffer.from('rate exceeded');
/** Messages that the limiter never drops. */
const neverLimited: ReadonlySet<string> = new Set(['status', 'comm_open', 'execute_input']);

/** The server's own word that it dropped messages. A kernel could say the same. */
export function isLimiterNotice(frame: Frame): boolean {
  if (frame.header.msg_type !== 'stream' || frame.bytes.byteLength > noticeBytesMax) {
    return false;
  }
  const { buffer, byteOffset, byteLength } = frame.contentBytes;
  // Asked of every line: its bytes tell most of them apart without being parsed.
  if (!Buffer.from(buffer, byteOffset, byteLength).includes(noticeWords)) {
    return false;
  }
  const { name, text } = frame.content();
  return name === 'stderr' && /^\s*IOPub (message|data) rate exceeded/.test(String(text));
}

/** True for a message that comes only when nothing is being dropped. `idle` makes the limiter begin anew. */
export const provesPassage = (frame: Frame): boolean => !neverLimited.has(frame.header.msg_type) || isIdle(frame);
