/**
 * Messages that Nightjar itself makes: answers served from its own knowledge, and the few requests it sends.
 *
 * What is made for a window never enters the journal; what is sent to the kernel does.
 */
import crypto from 'node:crypto';
import { encodeMessage, type Frame, type Header, readFrame } from '../../../shared/wire/codec.ts';
import type { Channel } from '../../../shared/wire/codec.ts';

/** Version of the messaging protocol Nightjar speaks (jupyter_client, "Messaging in Jupyter"). */
const protocolVersion = '5.4';

export function newHeader(msgType: string, session: string): Header {
  return {
    msg_id: crypto.randomUUID(),
    msg_type: msgType,
    session,
    username: 'nightjar',
    date: new Date().toISOString(),
    version: protocolVersion,
  };
}

/** A framed message of ours. The parent is the header it answers, if any. */
export function makeFrame(
  channel: Channel,
  header: Header,
  parent: Header | null,
  content: unknown,
  metadata: Record<string, unknown> = {},
): Frame {
  const frame = readFrame(encodeMessage({ channel, header, parent_header: parent ?? {}, metadata, content }));
  if (frame === null) {
    throw new Error('a message of our own must be readable');
  }
  return frame;
}

/** A question that every kernel answers, in its turn. */
export function kernelInfoRequest(session: string): Frame {
  return makeFrame('shell', newHeader('kernel_info_request', session), null, {});
}

export function statusFrame(state: 'busy' | 'idle' | 'dead', parent: Header | null, session: string): Frame {
  return makeFrame('iopub', newHeader('status', session), parent, { execution_state: state });
}

/** What ends an execution whose own reply will never come. */
export function abortedReply(parent: Header, session: string): Frame {
  return makeFrame('shell', newHeader('execute_reply', session), parent, { status: 'aborted', execution_count: null });
}
