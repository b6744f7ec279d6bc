/**
 * The operating system's keychain, the only door to `safeStorage`.
 *
 * Its synchronous functions are in every runtime we run on. On Linux without a keyring Chromium "encrypts" with a
 * password that is in its source; that counts as no keychain here. Usable once the app is ready.
 */
import { safeStorage } from 'electron';
import type { SecretBox } from '../core/api.ts';
import { createSecretBox } from './secret-box.ts';

function isAvailable(): boolean {
  if (!safeStorage.isEncryptionAvailable()) return false;
  if (process.platform !== 'linux') return true;
  const backend = safeStorage.getSelectedStorageBackend();
  return backend !== 'basic_text' && backend !== 'unknown';
}

export function systemSecretBox(): SecretBox {
  return createSecretBox({
    isAvailable,
    encrypt: (plain) => safeStorage.encryptString(plain),
    decrypt: (sealed) => safeStorage.decryptString(sealed),
  });
}
