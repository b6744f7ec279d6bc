/**
 * A single line of text with a label. The label may be for screen readers only, where the place says what it is.
 */
import { useId, type InputHTMLAttributes, type ReactElement, type ReactNode, type Ref } from 'react';

export interface TextFieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'value' | 'size'> {
  readonly label: string;
  readonly hideLabel?: boolean | undefined;
  readonly value: string;
  readonly onText: (text: string) => void;
  readonly invalid?: boolean | undefined;
  /** Stands in the box before the text: an icon. */
  readonly before?: ReactNode;
  /** Stands in the box after the text: a hint or a button. */
  readonly after?: ReactNode;
  readonly inputRef?: Ref<HTMLInputElement> | undefined;
}

export function TextField(props: TextFieldProps): ReactElement {
  const { label, hideLabel = false, value, onText, invalid = false, before, after, inputRef, ...rest } = props;
  const id = useId();
  return (
    <div className="nj-field">
      <label htmlFor={id} className={hideLabel ? 'nj-visually-hidden' : 'nj-field-label'}>
        {label}
      </label>
      <div className="nj-field-box" data-invalid={invalid}>
        {before}
        <input
          autoComplete="off"
          autoCorrect="off"
          autoCapitalize="off"
          spellCheck={false}
          {...rest}
          id={id}
          ref={inputRef}
          className="nj-field-input"
          value={value}
          aria-invalid={invalid}
          onChange={(event) => onText(event.currentTarget.value)}
        />
        {after}
      </div>
    </div>
  );
}
