import type { IncomingMessage } from 'node:http';
import { labelOf, type Caller } from '../access/caller.js';
import { cacheWord } from '../http/cache-status.js';
import type { GatewayResponse } from '../http/gateway-response.js';
import type { Sample } from './samples.js';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);
const REFUSALS: ReadonlySet<string> = new Set(['rate-limited', 'unauthenticated', 'forbidden']);
/** Stands for the status of an answer that the client did not wait for. */
const ABORTED = 0;

type Tally<K> = Map<K, number>;
/** By route, method and status. */
type Routes = Map<string, Map<string, Tally<number>>>;

/**
 * Counts requests in plain numbers, a Map a label, because every hit passes here. Label values are few: accounts that
 * are served, consumers by name but tokens all together, patterns of routes.
 */
export class RequestCounts {
  readonly #accounts = new Map<string, { consumers: Map<string, Routes>; outcomes: Tally<string> }>();
  readonly #problems: Tally<string> = new Map();
  readonly #refused = new Map<string, Tally<string>>();

  count(request: IncomingMessage, response: GatewayResponse): void {
    const { route, cache, code, caller, account } = response;
    const { consumers, outcomes } = at(this.#accounts, account?.name ?? 'none', newAccount);
    const methods = at(at(consumers, consumerOf(caller), newRoutes), route, newMethods);
    const statuses = at(methods, methodOf(request), newStatuses);
    add(statuses, response.writableEnded ? response.statusCode : ABORTED);
    if (cache !== undefined) add(outcomes, cacheWord(cache));
    if (code === undefined) return;
    add(this.#problems, code);
    if (REFUSALS.has(code)) add(at(this.#refused, consumerOf(caller), newReasons), code);
  }

  *requests(): Iterable<Sample> {
    for (const [account, { consumers }] of this.#accounts)
      for (const [consumer, routes] of consumers)
        for (const [route, methods] of routes)
          for (const [method, statuses] of methods)
            for (const [code, value] of statuses) {
              const status = code === ABORTED ? 'aborted' : String(code);
              yield [{ route, method, status, consumer, account }, value];
            }
  }

  *outcomes(): Iterable<Sample> {
    for (const [account, { outcomes }] of this.#accounts)
      for (const [outcome, value] of outcomes) yield [{ outcome, account }, value];
  }

  *problems(): Iterable<Sample> {
    for (const [code, value] of this.#problems) yield [{ code }, value];
  }

  *refused(): Iterable<Sample> {
    for (const [consumer, reasons] of this.#refused)
      for (const [reason, value] of reasons) yield [{ reason, consumer }, value];
  }
}

function consumerOf(caller: Caller | undefined): string {
  return caller === undefined ? 'none' : labelOf(caller);
}

function methodOf({ method = '' }: IncomingMessage): string {
  return METHODS.has(method) ? method : 'other';
}

const newAccount = () => ({ consumers: new Map<string, Routes>(), outcomes: new Map<string, number>() });
const newRoutes = (): Routes => new Map();
const newMethods = () => new Map<string, Tally<number>>();
const newStatuses = () => new Map<number, number>();
const newReasons = () => new Map<string, number>();

function at<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const value = create();
  map.set(key, value);
  return value;
}

function add<K>(tally: Tally<K>, key: K): void {
  tally.set(key, (tally.get(key) ?? 0) + 1);
}
