import { existsSync } from 'node:fs';
import { readConsumerArgs, USAGE, UsageError } from './access/consumer-args.js';
import { runConsumerCommand } from './access/consumer-command.js';
import { EditError } from './access/consumers-book.js';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

run();

function run(): void {
  try {
    const command = readConsumerArgs(process.argv.slice(2), Date.now());
    // What a gateway that is started with the same `.env` would read. An empty variable counts as unset.
    if (existsSync('.env')) process.loadEnvFile('.env');
    const { CONSUMERS_FILE: configured = '' } = process.env;
    const path = command.file ?? (configured === '' ? './consumers.json' : configured);
    const { out, note } = runConsumerCommand(command, path);
    if (out !== '') process.stdout.write(`${out}\n`);
    if (note !== '') process.stderr.write(`${note}\n`);
  } catch (error) {
    if (error instanceof UsageError) fail(EXIT_USAGE, `${error.message}; ${USAGE}`);
    else if (error instanceof EditError) fail(EXIT_FAILED, error.message);
    else throw error;
  }
}

function fail(exitCode: number, line: string): void {
  process.stderr.write(`${line.replace(/\s+/g, ' ')}\n`);
  process.exitCode = exitCode;
}
