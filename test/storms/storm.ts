import { Dice } from './dice.js';
import { StormGateway, keyMaker, type Bug, type World } from './gateway.js';
import { History } from './history.js';
import { planStorm, type Mishap, type Plan, type Reader } from './plan.js';
import { ScriptedRedis } from './scripted-redis.js';
import { FINISHED_ID, IDS, START } from './versions.js';
import { VirtualTime } from './virtual-time.js';

/** By then every storm is over, every call is finished and settled, and a breaker has closed. */
const AFTERWARDS = START + 30_000;
const END = AFTERWARDS + 5_000;

/**
 * One storm: a few gateways, their shared store and CallFire, each with the bad luck that the seed brings, and readers in
 * between. The same seed makes the same history.
 */
export function runStorm(seed: number, bug: Bug = {}): Promise<History> {
  const dice = new Dice(seed);
  const time = new VirtualTime(START - 100);
  return time.rule(() => new Storm(dice, time, bug).run());
}

class Storm {
  readonly #plan: Plan;
  readonly #world: World;
  readonly #gateways: StormGateway[];

  constructor(dice: Dice, time: VirtualTime, bug: Bug) {
    this.#plan = planStorm(dice);
    const { truth, weather, accounts, storeWell } = this.#plan;
    const history = new History(time, storeWell);
    const redis = bug.redis?.(time, history) ?? new ScriptedRedis(time, history);
    const never = -Infinity;
    const conditions = {
      downUntil: never,
      frozenUntil: never,
      slowUntil: never,
      lossyUntil: never,
      lateNewsUntil: never,
    };
    this.#world = { time, dice, history, redis, conditions, truth, weather, bug };
    this.#gateways = accounts.map((account, i) => new StormGateway(this.#world, `gateway${i}`, account));
  }

  async run(): Promise<History> {
    const { time, dice, history, redis } = this.#world;
    for (const gateway of this.#gateways) gateway.link.connect();
    await time.runUntil(START);
    for (const mishap of this.#plan.mishaps) {
      time.at(mishap.at, () => {
        this.#strike(mishap);
      });
      if (mishap.what === 'down, then an older snapshot') {
        time.at(START + dice.between(0, mishap.at - START), () => {
          redis.snapshot();
        });
      }
    }
    for (const reader of this.#plan.readers) void this.#read(reader);
    time.at(this.#plan.calmFrom, () => {
      this.#calm();
    });
    time.at(AFTERWARDS, () => {
      for (const gateway of this.#gateways) void this.#lookAfter(gateway);
    });
    await time.runUntil(END);
    return history;
  }

  async #read({ name, account, steps }: Reader): Promise<void> {
    for (const { at, gateway, id, wish } of steps) {
      await this.#world.time.until(at);
      const choice = this.#gateways.filter((candidate) => candidate.account === account);
      await choice[gateway % choice.length]?.ask(name, id, wish);
    }
  }

  /** Whether the store is in use again: what the first lookup fetches, the second finds. */
  async #lookAfter(gateway: StormGateway): Promise<void> {
    const wish = { noCache: false, onlyIfCached: false };
    await gateway.ask('afterwards', FINISHED_ID, wish);
    const second = await gateway.ask('afterwards', FINISHED_ID, wish);
    const up = gateway.link.guard.state() === 'up';
    this.#world.history.recoveries.push({ gateway: gateway.name, up, second });
  }

  #strike({ what, lastsMs, whom }: Mishap): void {
    const { time, dice, history, redis, conditions } = this.#world;
    const until = time.now + lastsMs;
    const victim = whom % this.#gateways.length;
    const gateway = this.#gateways[victim];
    if (gateway === undefined) return;
    history.mishaps.push({
      when: history.now(),
      what: `MISHAP      ${what} (${gateway.name}, ${Math.round(lastsMs)} ms)`,
    });
    switch (what) {
      case 'cut off':
        gateway.link.drop();
        time.at(until, () => {
          gateway.link.connect();
        });
        return;
      case 'down':
      case 'down, then an older snapshot':
        this.#down(until, what === 'down');
        return;
      case 'frozen':
        conditions.frozenUntil = until;
        return;
      case 'slow':
        conditions.slowUntil = until;
        return;
      case 'lossy':
        conditions.lossyUntil = until;
        return;
      case 'late news':
        conditions.lateNewsUntil = until;
        return;
      case 'deaf':
        gateway.link.deafen();
        time.at(until, () => {
          gateway.link.listen();
        });
        return;
      case 'full':
        redis.full = true;
        time.at(until, () => (redis.full = false));
        return;
      case 'flushed':
        redis.flush();
        return;
      case 'evicts':
        redis.evict(keyMaker(gateway.account)(IDS[dice.whole(0, IDS.length - 1)] ?? FINISHED_ID));
        return;
      case 'a gateway dies':
        gateway.die();
        time.at(until, () => {
          const next = new StormGateway(this.#world, `${gateway.name}'`, gateway.account);
          this.#gateways[victim] = next;
          next.link.connect();
        });
    }
  }

  /** What comes back is the store as it was, or as it was some time before: a replica that lags, a dump of old. */
  #down(until: number, asItWas: boolean): void {
    const { redis, conditions } = this.#world;
    conditions.downUntil = Math.max(until, conditions.downUntil);
    for (const { link } of this.#gateways) link.drop();
    // Before those who wait for it can connect.
    if (!asItWas) redis.restore();
    for (const { link } of this.#gateways) link.connect();
  }

  #calm(): void {
    const { conditions, redis } = this.#world;
    for (const condition of ['downUntil', 'frozenUntil', 'slowUntil', 'lossyUntil', 'lateNewsUntil'] as const)
      conditions[condition] = -Infinity;
    redis.full = false;
    for (const { link } of this.#gateways) link.connect();
  }
}
