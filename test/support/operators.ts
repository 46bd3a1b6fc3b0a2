import type { TestGateway } from './gateway.js';

/** Where the operators' listener of a gateway in this process is, by what it logged. */
export function operatorsUrl({ logLines }: Pick<TestGateway, 'logLines'>): string {
  return urlIn(logLines.map((line) => JSON.parse(line) as Record<string, unknown>));
}

/** The same of log lines that are parsed already. */
export function urlIn(lines: readonly Readonly<Record<string, unknown>>[]): string {
  const line = lines.find(({ msg }) => msg === 'operators may ask');
  if (line === undefined) throw new Error('There is no listener for operators.');
  return `http://${String(line['operators'])}`;
}

/** The value of one series, by its name and some of its labels; 0 where there is none. Several are added up. */
export function metric(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => wanted.every((pair) => line.includes(pair)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
