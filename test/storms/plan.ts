import type { LookupWish } from '../../src/calls/lookup-result.js';
import type { Dice } from './dice.js';
import { FAULTS, type Fault, type Truth, type Weather } from './scripted-callfire.js';
import { ACCOUNTS, FINISHED_ID, IDS, lifeOf, START, type Account } from './versions.js';

/** What can happen to the store, to the way there, or to a gateway. */
export const MISHAPS = [
  'cut off',
  'down',
  'down, then an older snapshot',
  'frozen',
  'slow',
  'lossy',
  'late news',
  'deaf',
  'full',
  'flushed',
  'evicts',
  'a gateway dies',
] as const;

export interface Mishap {
  readonly what: (typeof MISHAPS)[number];
  readonly at: number;
  readonly lastsMs: number;
  /** Which gateway or call is struck, where it is only one. */
  readonly whom: number;
}

export interface Reader {
  readonly name: string;
  readonly account: Account;
  readonly steps: readonly Step[];
}

/** One lookup, when the one before is answered and its time has come. */
interface Step {
  readonly at: number;
  /** Counted among the gateways of the reader's account. */
  readonly gateway: number;
  readonly id: string;
  readonly wish: LookupWish;
}

/** A storm before it breaks: all that its seed decides in advance. */
export interface Plan {
  readonly storeWell: boolean;
  /** One gateway each. */
  readonly accounts: readonly Account[];
  readonly truth: Truth;
  readonly weather: readonly Weather[];
  readonly mishaps: readonly Mishap[];
  readonly readers: readonly Reader[];
  /** When all is well again. */
  readonly calmFrom: number;
}

const PLAIN: LookupWish = { noCache: false, onlyIfCached: false };
const AGAIN: LookupWish = { noCache: true, onlyIfCached: false };
const KEPT_ONLY: LookupWish = { noCache: false, onlyIfCached: true };

const CREWS: [readonly Account[], ...(readonly Account[])[]] = [
  ['north', 'north'],
  ['north', 'north', 'south'],
  ['north', 'north', 'north'],
];

const OUTAGE: readonly [Fault, ...Fault[]] = [
  'refused',
  'reset',
  '500',
  '502',
  '503',
  'cut',
  'html',
  'malformed',
];

export function planStorm(dice: Dice): Plan {
  const storeWell = dice.chance(0.5);
  const accounts = dice.pick(CREWS);
  const lastsMs = dice.pick([1500, 4000, 10_000]) * dice.between(0.5, 1);
  const anywhere = () => START + dice.between(0, lastsMs);
  const truth = planTruth(dice);
  // Half of the bursts come as a call changes.
  const news = truth({ account: 'north', id: FINISHED_ID }).filter(
    (at) => at > START && at < START + lastsMs,
  );
  const others = IDS.filter((id) => id !== FINISHED_ID && dice.chance(0.4));
  return {
    storeWell,
    accounts,
    truth,
    weather: several(dice.whole(0, 4), () => planWeather(dice, anywhere())),
    mishaps: several(storeWell ? 0 : dice.whole(1, 4), () => ({
      what: dice.pick(MISHAPS),
      at: anywhere(),
      lastsMs: dice.pick([30, 120, 700, 3000]) * dice.between(0.5, 1.5),
      whom: dice.whole(0, 2),
    })),
    readers: planReaders(dice, accounts, [FINISHED_ID, ...others], () =>
      dice.chance(0.5) ? anywhere() : (news[dice.whole(0, news.length - 1)] ?? anywhere()),
    ),
    calmFrom: START + lastsMs + 2000,
  };
}

/** CallFire has each version a while after its `modified`. */
function planTruth(dice: Dice): Truth {
  const births = new Map<string, number[]>();
  for (const account of ACCOUNTS) {
    for (const id of IDS) {
      let born = -Infinity;
      const life = lifeOf(account, id).map(({ modified }, index) => {
        const latest = index === 0 ? 0 : 400;
        born = Math.max(born, modified ?? START) + dice.between(0, latest);
        return born;
      });
      births.set(`${account}/${id}`, life);
    }
  }
  return ({ account, id }) => births.get(`${account}/${id}`) ?? [];
}

function planWeather(dice: Dice, from: number): Weather {
  const until = from + dice.pick([200, 1500, 6000]) * dice.between(0.5, 1.5);
  const faults: Weather['faults'] = dice.pick([
    FAULTS,
    OUTAGE,
    ['lagging'],
    ['lagging'],
    ['lagging', 'slow', 'silent'],
  ]);
  return { from, until, faults, share: dice.pick([0.3, 0.7, 1]) };
}

/** Lookups come in bursts, because it is at the same moment that they can get into each other's way. */
function planReaders(
  dice: Dice,
  accounts: readonly Account[],
  ids: readonly string[],
  burst: () => number,
): Reader[] {
  const bursts = several(dice.whole(1, 4), burst);
  return several(dice.whole(4, 8), (index) => {
    const account = accounts[index % accounts.length] ?? 'north';
    const home = dice.whole(0, 2);
    const roams = dice.chance(0.5);
    const steps = several(dice.whole(1, 4), (): Step => ({
      at: (bursts[dice.whole(0, bursts.length - 1)] ?? START) + dice.pick([5, 60, 400]) * dice.throw(),
      gateway: roams ? dice.whole(0, 2) : home,
      id: ids[dice.whole(0, ids.length - 1)] ?? FINISHED_ID,
      wish: dice.pick([PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, AGAIN, AGAIN, KEPT_ONLY]),
    }));
    return { name: `reader${index}`, account, steps: steps.sort((a, b) => a.at - b.at) };
  });
}

function several<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
