import type { IncomingMessage } from 'node:http';
import { cacheWord } from './cache-status.js';
import type { GatewayResponse } from './gateway-response.js';

/** Writes one line for a request that has been answered or given up. */
export type RequestLog = (request: IncomingMessage, response: GatewayResponse) => void;

/** What this room needs of `logger.ts`. */
interface LineLog {
  readonly write: (line: string) => void;
  readonly infoEnabled: boolean;
}

/**
 * One JSON line a request in pino's format. It is put together by hand because that costs a third of a pino call, and
 * holds only these members, none of which needs escaping: no header, no path as sent, no body, hence no secret.
 */
export function createRequestLog({ write, infoEnabled }: LineLog): RequestLog {
  if (!infoEnabled) return () => undefined;
  return (request, response) => {
    const { requestId, traceId, route, callId, cache, code, upstreamMs, statusCode, ms } = response;
    write(
      `{"level":30,"time":${Date.now()},"requestId":"${requestId}","method":"${request.method ?? ''}","route":"${route}"` +
        (traceId === undefined ? '' : `,"traceId":"${traceId}"`) +
        who(response) +
        (callId === undefined ? '' : `,"callId":"${callId}"`) +
        `,"status":${statusCode},"ms":${hundredths(ms)}` +
        (code === undefined ? '' : `,"code":"${code}"`) +
        (cache === undefined ? '' : `,"cache":"${cacheWord(cache)}"`) +
        (upstreamMs === undefined ? '' : `,"upstreamMs":${upstreamMs}`) +
        (response.writableEnded ? '' : ',"aborted":true') +
        ',"msg":"request"}\n',
    );
  };
}

/** Where callers must say who they are, each request is an access that somebody may have to account for. */
function who({ caller, address }: GatewayResponse): string {
  if (caller?.kind === 'open' || (caller === undefined && address === undefined)) return '';
  let members = ',"audit":"access"';
  if (caller !== undefined) members += `,"consumer":"${caller.name}","account":"${caller.account}"`;
  if (address !== undefined) members += `,"address":"${address}"`;
  return members;
}

/** With two decimals, like `toFixed(2)`, at a tenth of its cost. */
function hundredths(ms: number): string {
  const all = Math.round(ms * 100);
  const rest = all % 100;
  return `${(all - rest) / 100}.${rest < 10 ? '0' : ''}${rest}`;
}
