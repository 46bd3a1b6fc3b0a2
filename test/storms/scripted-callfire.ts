import { Dispatcher } from 'undici';
import type { Dice } from './dice.js';
import type { Attempt, History, Subject } from './history.js';
import { accountOf, AUTHORIZATIONS, echo } from './secrets.js';
import { IDS, lifeOf, type Account, type Version } from './versions.js';
import type { VirtualTime } from './virtual-time.js';

/** What can be wrong with a reply; `lagging` is a replica that has not heard the news yet, `slow` is only late. */
export const FAULTS = [
  'refused',
  'reset',
  'silent',
  'slow',
  'cut',
  'ends early',
  '400',
  '401',
  '404',
  '429',
  '500',
  '502',
  '503',
  'html',
  'other call',
  'malformed',
  'mistyped',
  'credentials in it',
  'lagging',
] as const;
export type Fault = (typeof FAULTS)[number];

/** A stretch of time in which a share of CallFire's replies goes wrong. */
export interface Weather {
  readonly from: number;
  readonly until: number;
  readonly faults: readonly [Fault, ...Fault[]];
  /** From 0 to 1. */
  readonly share: number;
}

/** From when on CallFire has a version: by account and id, one moment for each of its versions. */
export type Truth = (subject: Subject) => readonly number[];

interface Script {
  readonly time: VirtualTime;
  readonly dice: Dice;
  readonly history: History;
  readonly truth: Truth;
  readonly weather: readonly Weather[];
}

type Reply =
  | {
      readonly status: number;
      readonly headers: Record<string, string>;
      readonly body: Buffer;
      readonly broken?: Error;
    }
  | { readonly broken: Error };

/** CallFire as one process sees it: calls whose truth moves on, told more or less well. */
export class ScriptedCallFire extends Dispatcher {
  readonly #script: Script;
  readonly #gateway: string;

  constructor(script: Script, gateway: string) {
    super();
    this.#script = script;
    this.#gateway = gateway;
  }

  override dispatch(
    { path, headers }: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): boolean {
    const { time, dice, history } = this.#script;
    const account = accountOf(headers && 'authorization' in headers ? headers['authorization'] : undefined);
    const id = path.slice(path.lastIndexOf('/') + 1);
    const attempt: Attempt = {
      gateway: this.#gateway,
      account,
      id,
      begin: history.now(),
      reply: 'no reply yet',
    };
    history.attempts.push(attempt);

    const end = () => {
      attempt.end = history.now();
    };
    const controller = new Controller((reason) => {
      if (attempt.end !== undefined) return;
      end();
      handler.onResponseError?.(controller, reason);
    });
    const fault = this.#fault();
    const step = (ms: number, run: () => void) =>
      time.after(ms, () => {
        if (attempt.end === undefined) run();
      });

    step(0, () => handler.onRequestStart?.(controller, {}));
    if (fault === 'silent') {
      attempt.reply = 'silence';
      return true;
    }
    // The first half of the way is there, the second one back: the truth is looked up between.
    const halfWay = dice.pick([5, 20, 200]) * dice.throw() + (fault === 'slow' ? dice.between(100, 700) : 0);
    step(halfWay, () => {
      const { reply, what } = this.#reply({ account, id }, fault);
      attempt.reply = what;
      step(dice.between(1, 20), () => {
        if ('status' in reply) {
          handler.onResponseStart?.(controller, reply.status, reply.headers, '');
          handler.onResponseData?.(controller, reply.body);
        }
        step(dice.between(0, 5), () => {
          end();
          if (reply.broken === undefined) handler.onResponseEnd?.(controller, {});
          else handler.onResponseError?.(controller, reply.broken);
        });
      });
    });
    return true;
  }

  /** `CallFireClient` calls it without arguments, and has ended its requests before. */
  override destroy(): Promise<void> {
    return Promise.resolve();
  }

  #fault(): Fault | undefined {
    const { time, dice, weather } = this.#script;
    const here = weather.find(({ from, until }) => from <= time.now && time.now < until);
    return here !== undefined && dice.chance(here.share) ? dice.pick(here.faults) : undefined;
  }

  #reply(subject: Subject, fault: Fault | undefined): { reply: Reply; what: string } {
    const { dice } = this.#script;
    const { account } = subject;
    const version = this.#version(subject, fault === 'lagging' ? dice.whole(1, 2) : 0);
    if (version === undefined)
      return { reply: exception(404, account, dice), what: '404, there is none yet' };
    const what = `${fault ?? 'fine'}, v${version.index} ${version.state}`;
    return { reply: this.#wrong(version, fault), what };
  }

  /** What CallFire has now, or had some versions ago. */
  #version(subject: Subject, ago: number): Version | undefined {
    const { time, truth } = this.#script;
    const born = truth(subject).filter((from) => from <= time.now).length;
    return lifeOf(subject.account, subject.id)[Math.max(0, born - 1 - ago)];
  }

  #wrong(version: Version, fault: Fault | undefined): Reply {
    const { dice } = this.#script;
    const { account, xml } = version;
    // Less than the last tag is too little to tell the reader that something is missing.
    const part = () => xml.subarray(0, dice.whole(0, xml.length - 3));
    const edited = (from: RegExp, to: string) =>
      document(Buffer.from(xml.toString('utf8').replace(from, to)));
    switch (fault) {
      case undefined:
      case 'silent':
      case 'slow':
      case 'lagging':
        return document(xml);
      case 'refused':
        return { broken: failure('ECONNREFUSED', account, dice) };
      case 'reset':
        return { broken: failure('ECONNRESET', account, dice) };
      case 'cut':
        return { ...document(part()), broken: failure('ECONNRESET', account, dice) };
      case 'ends early':
        return document(part());
      case '400':
      case '401':
      case '404':
      case '429':
      case '500':
      case '502':
      case '503':
        return exception(Number(fault), account, dice);
      case 'html':
        return {
          ...document(Buffer.from(`<html><body>${echo(account, dice)}</body></html>`)),
          status: dice.pick([200, 502]),
        };
      case 'other call': {
        const other = IDS.find((id) => id !== version.id) ?? '1';
        return document(lifeOf(account, other)[0]?.xml ?? xml);
      }
      case 'malformed':
        return edited(
          /<\/State>/,
          dice.pick(['', '</state>', '<State>', '&nbsp;</State>', '\u0001</State>']),
        );
      case 'mistyped':
        return edited(/<Inbound>[^<]*/, `<Inbound>${dice.pick(['no', '', 'FALSE', '2'])}`);
      case 'credentials in it':
        return edited(/stage/, AUTHORIZATIONS[account]);
    }
  }
}

function document(body: Buffer) {
  return { status: 200, headers: { 'content-type': 'application/xml' }, body };
}

function exception(status: number, account: Account, dice: Dice): Reply {
  const message = echo(account, dice).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const xml = `<ResourceException><HttpStatus>${status}</HttpStatus><Message>${message}</Message></ResourceException>`;
  const headers: Record<string, string> = { 'content-type': 'application/xml' };
  if (status === 429 || status === 503) headers['retry-after'] = '1';
  return { status, headers, body: Buffer.from(xml) };
}

/** Libraries like to quote what they were about to send. */
function failure(code: string, account: Account, dice: Dice): Error {
  return Object.assign(new Error(`${code} while sending ${echo(account, dice)}`), { code });
}

class Controller implements Dispatcher.DispatchController {
  aborted = false;
  paused = false;
  reason: Error | null = null;

  constructor(private readonly onAbort: (reason: Error) => void) {}

  abort(reason: Error): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.onAbort(reason);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }
}
