/**
 * Commands on what outputs may do: run their scripts, and load from the network.
 */
import type { NotebookNetwork } from '../outputs/actions.ts';
import type { CommandHost, Runs } from './commands.ts';
import type { Frame } from './frame.ts';
import type { Saving } from './saving.ts';

interface Parts {
  readonly opening: { readonly frame: Frame };
  readonly network: NotebookNetwork;
  readonly saving: Saving;
}

export function outputCommands(host: CommandHost, { opening, network, saving }: Parts): Runs {
  return {
    trust: async () => {
      const { model } = host.context;
      const cells = [...model.cells].filter((cell) => !cell.trusted);
      if (cells.length === 0) {
        opening.frame.setBanner({ tone: 'info', text: 'This notebook is trusted already.' });
        return;
      }
      const answer = await host.ask({
        message: 'Trust this notebook?',
        detail:
          'Scripts in its saved outputs then run by themselves, each in isolation from Nightjar, from other outputs and ' +
          'from the network. Nightjar also saves it, so that the server trusts it too.',
        buttons: ['Trust', 'Cancel'],
        defaultButton: 1,
        cancelButton: 1,
      });
      if (answer !== 0) return;
      for (const cell of cells) cell.trusted = true;
      await saving.save('asked');
    },
    'outputs-network': async () => {
      await network.read();
      const { origins } = network;
      if (origins.length === 0) {
        opening.frame.setBanner({
          tone: 'info',
          text: 'Outputs of this notebook load nothing from the network. An output that tries shows a note below it.',
        });
        return;
      }
      const answer = await host.ask({
        message: 'Keep outputs of this notebook off the network again?',
        detail: `They may load from ${origins.join(', ')}.`,
        buttons: ['Block the Network', 'Cancel'],
        defaultButton: 0,
        cancelButton: 1,
      });
      if (answer === 0) await network.forbidAll();
    },
  };
}
