/**
 * Branded identifiers.
 *
 * A kernel id, a message id and a journal id are all strings; mixing them up is a bug no test finds early. Each brand
 * can only be made here, so a plain string never slips in where an identifier is meant.
 */

declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** A saved Jupyter server, named by us. Opaque to windows: it stands in for address and token. */
export type ServerId = Branded<string, 'ServerId'>;
/** A kernel, named by the server (a UUID in its REST interface). */
export type KernelId = Branded<string, 'KernelId'>;
/** A journal, and the kernel session it records, named by us. Also the stem of the journal's file name. */
export type JournalId = Branded<string, 'JournalId'>;
/** `header.msg_id` of a Jupyter message. */
export type MsgId = Branded<string, 'MsgId'>;
/** A cell's id as nbformat 4.5 defines it. */
export type CellId = Branded<string, 'CellId'>;
/** Position of an entry in a journal: contiguous, from 1. */
export type Seq = Branded<number, 'Seq'>;

export const asServerId = (value: string): ServerId => value as ServerId;
export const asKernelId = (value: string): KernelId => value as KernelId;
export const asJournalId = (value: string): JournalId => value as JournalId;
export const asMsgId = (value: string): MsgId => value as MsgId;
export const asCellId = (value: string): CellId => value as CellId;
export const asSeq = (value: number): Seq => value as Seq;
