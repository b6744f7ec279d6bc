/** What outputs ask of the rest of the app, through the main process: links, the clipboard, files. */
import { invoke } from '../common/bridge.ts';
import type { FrameHost } from './output-frame.ts';
import { type OutputActions, pictureOfFrame } from './pictures.ts';

export function outputActions(report: (sentence: string) => void): { host: FrameHost; actions: OutputActions } {
  const tell = (answer: { readonly ok: boolean; readonly problem?: { readonly sentence: string } }): void => {
    if (answer.problem !== undefined) report(answer.problem.sentence);
  };
  const actions: OutputActions = {
    copy: (content) => void invoke('outputs.copy', { content }).then(tell),
    save: (name, content) => void invoke('outputs.save', { name, content }).then(tell),
  };
  const host: FrameHost = {
    openLink: (url) => void invoke('window.openExternal', { url }),
    saveImage: (output) => {
      void pictureOfFrame(output, 'png').then((content) => {
        if (content === null) report('This output gave no image to save.');
        else actions.save('figure.png', content);
      });
    },
  };
  return { host, actions };
}
