import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';

const OWNER_ONLY = 0o600;

/**
 * Replaces a file as a whole, or makes it: who reads it meanwhile sees the old or the new content, and a failure leaves
 * the old. Mode and owner stay; a symbolic link goes on pointing where it did.
 */
export function replaceFile(path: string, content: string): void {
  const old = statSync(path, { throwIfNoEntry: false });
  const target = old === undefined ? path : realpathSync(path);
  // In the same folder, as only within one file system a rename is one step.
  const temporary = `${target}.${randomUUID()}.tmp`;
  try {
    const file = openSync(temporary, 'wx', OWNER_ONLY);
    try {
      if (old !== undefined) {
        // Root may edit what belongs to the gateway's user, who must go on being able to read it.
        if (process.getuid?.() === 0) fchownSync(file, old.uid, old.gid);
        fchmodSync(file, old.mode & 0o777);
      }
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
