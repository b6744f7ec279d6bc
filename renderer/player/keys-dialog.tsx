/** The list of keys that `?` shows. */
import type { ReactElement } from 'react';
import { Button } from '../common/button.tsx';
import { Dialog } from '../common/dialog.tsx';
import { keyRows, readableKeys } from './keys.ts';

export function KeysDialog({ onClose }: { readonly onClose: () => void }): ReactElement {
  return (
    <Dialog
      title="Keyboard shortcuts"
      wide
      onCancel={onClose}
      onSubmit={onClose}
      buttons={
        <Button submit look="primary" data-autofocus="">
          Done
        </Button>
      }
    >
      <dl className="keys">
        {keyRows.map((row) => (
          <div key={row.action} className="keys-row">
            <dd>{row.label}</dd>
            <dt>
              {readableKeys(row).map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
