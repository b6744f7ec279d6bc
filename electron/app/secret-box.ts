/**
 * Seals secrets for the settings file, over whatever keychain the host offers.
 *
 * A sealed value says how it was sealed, so that a keychain that comes or goes later is told apart from damage.
 * Without a keychain the value is stored as it is and only the file's permissions protect it; it is marked as plain,
 * and the core tells the person. Nothing here puts a secret into an error.
 */
import { Buffer } from 'node:buffer';
import type { SecretBox } from '../core/api.ts';

/** What differs between runtimes and systems. The functions may throw: a keychain can be locked or refused. */
export interface Keychain {
  isAvailable(): boolean;
  encrypt(plain: string): Buffer;
  decrypt(sealed: Buffer): string;
}

const sealedPrefix = 'sealed:';
const plainPrefix = 'plain:';

function encode(prefix: string, bytes: Buffer): string {
  return prefix + bytes.toString('base64');
}

function decode(prefix: string, value: string): Buffer {
  return Buffer.from(value.slice(prefix.length), 'base64');
}

export function createSecretBox(keychain: Keychain): SecretBox {
  // A keychain that refuses once (locked, denied by the person) counts as none until the next start: asking again
  // for every token would be a row of the same system dialog.
  let isRefused = false;
  return {
    get hasKeychain() {
      return !isRefused && keychain.isAvailable();
    },
    seal(plain) {
      if (!isRefused && keychain.isAvailable()) {
        try {
          return encode(sealedPrefix, keychain.encrypt(plain));
        } catch {
          isRefused = true;
        }
      }
      return encode(plainPrefix, Buffer.from(plain, 'utf8'));
    },
    open(sealed) {
      if (sealed.startsWith(plainPrefix)) return decode(plainPrefix, sealed).toString('utf8');
      if (!sealed.startsWith(sealedPrefix)) return null;
      try {
        return keychain.decrypt(decode(sealedPrefix, sealed));
      } catch {
        return null;
      }
    },
  };
}
