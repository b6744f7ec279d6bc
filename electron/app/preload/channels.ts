/**
 * The two channels between windows and the main process, as the preload script names them.
 *
 * The main process's side is `../ipc/channels.ts`; a test holds the two together.
 */
export const invokeChannel = 'nightjar:invoke';
export const eventChannel = 'nightjar:event';
