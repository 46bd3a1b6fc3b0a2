import type { Environment } from '../secret-files.js';
import { isPlain } from './fields.js';

/** What is wrong only beside another variable; looked for in the raw values, so that one error names everything. */
export function contradictions(values: Environment): string[] {
  const problems: string[] = [];
  if (values['ACCOUNTS_FILE'] === undefined) {
    for (const variable of ['CALLFIRE_LOGIN', 'CALLFIRE_PASSWORD'])
      if (values[variable] === undefined && values[`${variable}_FILE`] === undefined)
        problems.push(`${variable} is required`);
  }
  const url = values['CALLFIRE_BASE_URL'] ?? '';
  if (URL.canParse(url) && isPlain(new URL(url)) && values['CALLFIRE_ALLOW_HTTP'] !== 'true') {
    problems.push(
      'CALLFIRE_BASE_URL must be https, as credentials travel on it (or set CALLFIRE_ALLOW_HTTP=true)',
    );
  }
  if (values['REDIS_URL'] === undefined && /^0+$/.test(values['CACHE_MEMORY_MB'] ?? '')) {
    problems.push('CACHE_MEMORY_MB must be at least 1 without REDIS_URL, as memory is then the only cache');
  }
  const { HOST, OPS_HOST, PORT = '8080', OPS_PORT } = values;
  if (OPS_PORT === PORT && Number(PORT) !== 0 && HOST === OPS_HOST)
    problems.push('OPS_PORT must be another than PORT');
  return problems;
}
