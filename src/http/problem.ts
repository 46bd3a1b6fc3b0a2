import type { ErrorCode, GatewayError } from '../errors.js';
import { cacheStatus } from './cache-status.js';
import type { GatewayResponse } from './gateway-response.js';
import { PASSTHROUGH_PREFIX } from './passthrough-prefix.js';
import { setStandingHeaders } from './standing-headers.js';

/** The one table from code to status and title. */
const PROBLEMS: Readonly<Record<ErrorCode, readonly [status: number, title: string]>> = {
  'invalid-call-id': [400, 'Invalid call id'],
  'invalid-parameter': [400, 'Invalid parameter'],
  unauthenticated: [401, 'Unauthenticated'],
  forbidden: [403, 'Forbidden'],
  'rate-limited': [429, 'Too many requests'],
  'authentication-unavailable': [503, 'Tokens cannot be checked'],
  'call-not-found': [404, 'Call not found'],
  'route-not-found': [404, 'Route not found'],
  'method-not-allowed': [405, 'Method not allowed'],
  'not-acceptable': [406, 'Not acceptable'],
  'upstream-rejected': [400, 'CallFire rejected the request'],
  'upstream-credentials-rejected': [502, "CallFire rejected the gateway's credentials"],
  'upstream-unreachable': [502, 'CallFire cannot be reached'],
  'upstream-error': [502, 'CallFire failed'],
  'upstream-invalid-response': [502, "CallFire's answer is not valid"],
  'upstream-timeout': [504, 'CallFire did not answer in time'],
  'upstream-rate-limited': [503, 'CallFire limits the rate'],
  'upstream-unavailable': [503, 'CallFire is failing'],
  overloaded: [503, 'Too many lookups are waiting'],
  'not-cached': [504, 'Not in the cache'],
  'internal-error': [500, 'Internal error'],
  'account-not-found': [404, 'Account not found'],
  'nothing-kept': [404, 'Nothing is kept of the call'],
  'operation-incomplete': [503, 'Not all of it could be done'],
};

const CHALLENGE = 'Bearer realm="callfire-gateway"';
const SDK_CHALLENGE = `${CHALLENGE}, Basic realm="callfire-gateway", charset="UTF-8"`;

/** The status and the problem body (RFC 9457) of an error. */
export function problemBody(error: GatewayError, requestId: string): { status: number; body: string } {
  const { code, upstream, message: detail } = error;
  const [status, title] = PROBLEMS[code];
  const type = `urn:callfire-gateway:problem:${code}`;
  return { status, body: JSON.stringify({ type, title, status, detail, code, requestId, upstream }) };
}

/** Answers with a problem. The caller has made sure that nothing was sent yet. */
export function sendProblem(response: GatewayResponse, error: GatewayError, now: number): void {
  const { status, body } = problemBody(error, response.requestId);
  response.code = error.code;
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/problem+json');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.setHeader('Cache-Control', 'no-store');
  setStandingHeaders(response);
  if (response.cache !== undefined) response.setHeader('Cache-Status', cacheStatus(response.cache, now));
  if (error.retryAfterSeconds !== undefined) response.setHeader('Retry-After', error.retryAfterSeconds);
  if (error.code === 'unauthenticated') response.setHeader('WWW-Authenticate', challengeTo(response));
  if (error.allow !== undefined) response.setHeader('Allow', error.allow);
  response.end(body);
}

/**
 * What to log in with (RFC 9110 section 11.6.1). `Basic` only where SDKs come in, many of which send it only when asked:
 * browsers ask their users for a password.
 */
function challengeTo({ req }: GatewayResponse): string {
  return req.url?.startsWith(`${PASSTHROUGH_PREFIX}/`) === true ? SDK_CHALLENGE : CHALLENGE;
}
