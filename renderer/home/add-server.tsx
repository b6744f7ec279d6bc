/**
 * The field at the top of Home: paste any Jupyter address, press Enter.
 *
 * While the address is checked the field stays; when something is wrong it keeps the text, with the sentence below.
 * A server that asks for a token gets a second field. A pasted notebook address goes on to that notebook.
 */
import { useId, useRef, useState, type FormEvent, type ReactElement, type RefObject } from 'react';
import type { Problem } from '../../shared/result.ts';
import { parseJupyterAddress } from '../../shared/urls.ts';
import { invoke } from '../common/bridge.ts';
import { Button } from '../common/button.tsx';
import { InlineProblem, ProgressBar } from '../common/feedback.tsx';
import { displayUrl } from '../common/format.ts';
import { Icon } from '../common/icons.tsx';
import { TextField } from '../common/text-field.tsx';
import { useCommand } from '../common/use-command.ts';

/** Kinds of `servers.add` that a token helps against. */
const tokenKinds: ReadonlySet<string> = new Set(['needs-login', 'wrong-token']);

export interface AddServerProps {
  readonly fieldRef: RefObject<HTMLInputElement>;
  readonly onAdded: (serverName: string) => void;
}

export function AddServer({ fieldRef, onAdded }: AddServerProps): ReactElement {
  const [address, setAddress] = useState('');
  const [token, setToken] = useState('');
  const [asksToken, setAsksToken] = useState(false);
  const [openProblem, setOpenProblem] = useState<Problem | null>(null);
  const tokenField = useRef<HTMLInputElement>(null);
  const hintId = useId();
  const add = useCommand('servers.add');
  const problem = add.problem ?? openProblem;

  const changeAddress = (text: string): void => {
    setAddress(text);
    setAsksToken(false);
    setToken('');
    setOpenProblem(null);
    add.clear();
  };

  const submit = async (): Promise<void> => {
    setOpenProblem(null);
    const given = token.trim();
    const result = await add.run({ address: address.trim(), token: given === '' ? null : given });
    if (!result.ok) {
      if (tokenKinds.has(result.problem.kind)) {
        setAsksToken(true);
        requestAnimationFrame(() => tokenField.current?.select());
      } else {
        fieldRef.current?.select();
      }
      return;
    }
    const { server, notebookPath } = result.value;
    const opened =
      notebookPath === null
        ? await invoke('servers.open', { serverId: server.serverId })
        : await invoke('notebooks.open', { serverId: server.serverId, path: notebookPath, newWindow: false });
    if (opened.ok) {
      changeAddress('');
      onAdded(server.name);
    } else {
      setOpenProblem(opened.problem);
    }
  };

  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    if (!add.busy && address.trim() !== '') {
      void submit();
    }
  };

  return (
    <form className="add" onSubmit={onSubmit} aria-label="Add server">
      <div className="add-line">
        <TextField
          label="Address of a Jupyter server"
          hideLabel
          inputRef={fieldRef}
          value={address}
          onText={changeAddress}
          placeholder="Paste a Jupyter address, like https://host:8888/lab?token=…"
          invalid={problem !== null && !asksToken}
          aria-describedby={hintId}
          readOnly={add.busy}
          before={<Icon name="server" />}
          onKeyDown={(event) => {
            if (event.key === 'Escape') {
              changeAddress('');
            }
          }}
        />
        <Button submit look="primary" size="large" disabled={add.busy || address.trim() === ''}>
          Connect
        </Button>
      </div>
      {asksToken ? (
        <div className="add-line">
          <TextField
            label="Token"
            hideLabel
            type="password"
            inputRef={tokenField}
            value={token}
            onText={setToken}
            placeholder="Token or password of the server"
            invalid={add.problem?.kind === 'wrong-token'}
            readOnly={add.busy}
            before={<Icon name="key" />}
          />
        </div>
      ) : null}
      <div id={hintId} className="add-status" aria-live="polite">
        {add.busy ? (
          <>
            <ProgressBar label="Checking the address" fraction={null} />
            <span className="add-hint">Looking at {hostOf(address)}…</span>
          </>
        ) : problem !== null ? (
          <InlineProblem sentence={problem.sentence} tone={asksToken ? 'warn' : 'bad'} />
        ) : null}
      </div>
    </form>
  );
}

/** The pasted address without anything secret. */
function hostOf(address: string): string {
  const parsed = parseJupyterAddress(address);
  return parsed.ok ? displayUrl(parsed.value.baseUrl) : 'the address';
}
