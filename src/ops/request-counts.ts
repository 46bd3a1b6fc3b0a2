import type { IncomingMessage } from 'node:http';
import { labelOf, type Caller } from '../access/caller.js';
import { cacheWord } from '../http/cache-status.js';
import type { GatewayResponse } from '../http/gateway-response.js';
import type { Sample } from './samples.js';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);
const REFUSALS: ReadonlySet<string> = new Set(['rate-limited', 'unauthenticated', 'forbidden']);
/** Stands for the status of an answer that the client did not wait for. */
const ABORTED = 0;

interface Count {
  value: number;
}
type Tally<K> = Map<K, Count>;
/** By route, method and status. */
type Routes = Map<string, Map<string, Tally<number>>>;

/** What makes requests count as the same, and what is counted of them. */
interface Counted extends Pick<GatewayResponse, 'account' | 'caller' | 'route'> {
  readonly method: string;
  readonly status: number;
  readonly outcome: string | undefined;
  readonly counts: readonly Count[];
}

/**
 * Counts requests in plain numbers, a Map a label, because every hit passes here. Label values are few: accounts that
 * are served, consumers by name but tokens all together, patterns of routes.
 */
export class RequestCounts {
  readonly #accounts = new Map<string, { consumers: Map<string, Routes>; outcomes: Tally<string> }>();
  readonly #problems: Tally<string> = new Map();
  readonly #refused = new Map<string, Tally<string>>();

  /** What was counted last, which is nearly always what is counted next: looking it up costs more than all else. */
  #last: Counted | undefined;

  count({ method = '' }: IncomingMessage, response: GatewayResponse): void {
    const { route, cache, code, caller, account } = response;
    const status = response.writableEnded ? response.statusCode : ABORTED;
    const outcome = cache && cacheWord(cache);
    const what = this.#last;
    if (
      what === undefined ||
      what.account !== account ||
      what.caller !== caller ||
      what.route !== route ||
      what.method !== method ||
      what.status !== status ||
      what.outcome !== outcome
    )
      this.#last = this.#find({ account, caller, route, method, status, outcome });
    for (const count of this.#last?.counts ?? []) count.value += 1;
    if (code === undefined) return;
    add(this.#problems, code);
    if (REFUSALS.has(code)) add(at(this.#refused, consumerOf(caller), newReasons), code);
  }

  #find(what: Omit<Counted, 'counts'>): Counted {
    const { account, caller, route, method, status, outcome } = what;
    const { consumers, outcomes } = at(this.#accounts, account?.name ?? 'none', newAccount);
    const methods = at(at(consumers, consumerOf(caller), newRoutes), route, newMethods);
    const counts = [at(at(methods, methodOf(method), newStatuses), status, newCount)];
    if (outcome !== undefined) counts.push(at(outcomes, outcome, newCount));
    return { ...what, counts };
  }

  *requests(): Iterable<Sample> {
    for (const [account, { consumers }] of this.#accounts)
      for (const [consumer, routes] of consumers)
        for (const [route, methods] of routes)
          for (const [method, statuses] of methods)
            for (const [code, { value }] of statuses) {
              const status = code === ABORTED ? 'aborted' : String(code);
              yield [{ route, method, status, consumer, account }, value];
            }
  }

  *outcomes(): Iterable<Sample> {
    for (const [account, { outcomes }] of this.#accounts)
      for (const [outcome, { value }] of outcomes) yield [{ outcome, account }, value];
  }

  *problems(): Iterable<Sample> {
    for (const [code, { value }] of this.#problems) yield [{ code }, value];
  }

  *refused(): Iterable<Sample> {
    for (const [consumer, reasons] of this.#refused)
      for (const [reason, { value }] of reasons) yield [{ reason, consumer }, value];
  }
}

function consumerOf(caller: Caller | undefined): string {
  return caller === undefined ? 'none' : labelOf(caller);
}

function methodOf(method: string): string {
  return METHODS.has(method) ? method : 'other';
}

const newAccount = () => ({ consumers: new Map<string, Routes>(), outcomes: new Map<string, Count>() });
const newRoutes = (): Routes => new Map();
const newMethods = () => new Map<string, Tally<number>>();
const newStatuses = () => new Map<number, Count>();
const newCount = (): Count => ({ value: 0 });
const newReasons = () => new Map<string, Count>();

function at<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const value = create();
  map.set(key, value);
  return value;
}

function add<K>(tally: Tally<K>, key: K): void {
  at(tally, key, newCount).value += 1;
}
