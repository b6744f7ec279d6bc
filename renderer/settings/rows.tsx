/**
 * The rows of the settings window: words at the left, one control at the right.
 */
import { useEffect, useId, useState, type ReactElement, type ReactNode } from 'react';

export function Section({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactElement {
  return (
    <section className="section">
      <h2 className="section-title">{title}</h2>
      <div className="section-rows">{children}</div>
    </section>
  );
}

interface RowProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly disabled?: boolean | undefined;
}

export function SwitchRow(
  props: RowProps & { readonly value: boolean; readonly onChange: (value: boolean) => void },
): ReactElement {
  const { label, hint, disabled = false, value, onChange } = props;
  return (
    <label className="row" data-disabled={disabled}>
      <span className="row-words">
        <span className="row-label">{label}</span>
        {hint === undefined ? null : <span className="row-hint">{hint}</span>}
      </span>
      <input
        type="checkbox"
        className="switch"
        checked={value}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    </label>
  );
}

export interface NumberRowProps extends RowProps {
  readonly unit: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly onChange: (value: number) => void;
}

/** The number is taken when the field is left or Enter is pressed; one that does not fit goes back to what it was. */
export function NumberRow(props: NumberRowProps): ReactElement {
  const { label, hint, unit, value, min, max, disabled = false, onChange } = props;
  const [text, setText] = useState(String(value));
  const id = useId();
  useEffect(() => setText(String(value)), [value]);
  const take = (): void => {
    const number = Number(text);
    const isFitting = /^\d+$/.test(text.trim()) && number >= min && number <= max;
    if (isFitting && number !== value) onChange(number);
    if (!isFitting) setText(String(value));
  };
  return (
    <div className="row" data-disabled={disabled}>
      <label className="row-words" htmlFor={id}>
        <span className="row-label">{label}</span>
        {hint === undefined ? null : <span className="row-hint">{hint}</span>}
      </label>
      <span className="number">
        <input
          id={id}
          className="number-input"
          inputMode="numeric"
          value={text}
          disabled={disabled}
          title={`From ${min} to ${max}`}
          onChange={(event) => setText(event.currentTarget.value)}
          onBlur={take}
          onKeyDown={(event) => {
            if (event.key === 'Enter') take();
            const step = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0;
            if (step !== 0) {
              event.preventDefault();
              onChange(Math.min(max, Math.max(min, value + step)));
            }
          }}
        />
        <span className="number-unit">{unit}</span>
      </span>
    </div>
  );
}

export function ChoiceRow<Value extends string>(
  props: RowProps & {
    readonly name: string;
    readonly choices: readonly { readonly value: Value; readonly label: string }[];
    readonly value: Value;
    readonly onChange: (value: Value) => void;
  },
): ReactElement {
  return (
    <div className="row">
      <span className="row-words">
        <span className="row-label">{props.label}</span>
        {props.hint === undefined ? null : <span className="row-hint">{props.hint}</span>}
      </span>
      <div className="segments" role="radiogroup" aria-label={props.label}>
        {props.choices.map(({ value, label }) => (
          <label key={value} className="segments-label">
            <input
              type="radio"
              className="segments-input"
              name={props.name}
              checked={props.value === value}
              onChange={() => props.onChange(value)}
            />
            {label}
          </label>
        ))}
      </div>
    </div>
  );
}
