import { spawnSync } from 'node:child_process';

/**
 * Sees to it, before any test, that there is a redis-server to start: installs Debian's where that is possible, without
 * starting the service it brings. Throws one line where it is not.
 */
// eslint-disable-next-line no-restricted-exports -- Jest calls the default export of its globalSetup file.
export default function ensureRedisServer(): void {
  if (works('redis-server', ['--version'])) return;
  if (process.getuid?.() === 0 && works('apt-get', ['--version'])) {
    works('apt-get', ['update', '-qq']);
    works('apt-get', ['install', '-y', '-qq', 'redis-server']);
    if (works('redis-server', ['--version'])) return;
  }
  throw new Error('The tests need redis-server (7 or later) on the PATH, and it could not be installed.');
}

function works(command: string, args: string[]): boolean {
  // RUNLEVEL=1: Debian's invoke-rc.d starts no services in single-user mode.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  return spawnSync(command, args, { env, stdio: 'ignore' }).status === 0;
}
