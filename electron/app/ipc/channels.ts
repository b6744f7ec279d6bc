/**
 * The two channels between windows and the main process; what travels on them is in `shared/ipc/contract.ts`.
 *
 * The preload script names them too (`preload/channels.ts`): a sandboxed script and the main process share no module.
 * A test holds the two lists together.
 */
export const invokeChannel = 'nightjar:invoke';
export const eventChannel = 'nightjar:event';
