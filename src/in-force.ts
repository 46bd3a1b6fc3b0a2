import { createAuthenticator, type Authenticator } from './access/authenticator.js';
import type { Account } from './accounts/account.js';
import { Accounts } from './accounts/accounts.js';
import type { EventLog } from './calls/event-log.js';
import type { Config } from './config.js';
import type { Access } from './config/access.js';
import type { AccountConfig } from './config/accounts-file.js';
import { Reload } from './reload.js';

interface InForceOptions {
  /** As it was at the start: its variables stay so. */
  readonly config: Config;
  /** Reads it again. Throws a `ConfigError`. */
  readonly readConfig: () => Config;
  readonly openAccount: (config: AccountConfig) => Account;
  readonly log: EventLog;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What the gateway goes by at the moment: the variables of its start, and the access that was read last. */
export class InForce {
  readonly accounts: Accounts;
  readonly reload: Reload;
  #config: Config;
  #authenticator: Authenticator;
  #origins: ReadonlySet<string>;

  constructor(private readonly options: InForceOptions) {
    const { config, readConfig, openAccount, log } = options;
    this.#config = config;
    this.#authenticator = this.#authenticatorFor(config, undefined);
    this.#origins = originsOf(config);
    const retireMs = config.UPSTREAM_TIMEOUT_MS + config.SHUTDOWN_GRACE_MS;
    this.accounts = new Accounts({ open: openAccount, retireMs });
    this.accounts.use(config.accounts);
    this.reload = new Reload({
      access: accessOf(config),
      read: () => accessOf(readConfig()),
      use: (access) => {
        this.#use(access);
      },
      log,
    });
  }

  get config(): Config {
    return this.#config;
  }

  get authenticator(): Authenticator {
    return this.#authenticator;
  }

  /** Every browser origin that somebody may use. */
  get origins(): ReadonlySet<string> {
    return this.#origins;
  }

  /** All of it, or where something throws nothing. */
  #use(access: Access): void {
    const config = { ...this.options.config, ...access };
    const authenticator = this.#authenticatorFor(access, this.#authenticator);
    this.accounts.use(access.accounts);
    this.#config = config;
    this.#authenticator = authenticator;
    this.#origins = originsOf(config);
  }

  #authenticatorFor(access: Access, previous: Authenticator | undefined): Authenticator {
    const { config, log, now } = this.options;
    return createAuthenticator({ access, defaultLimit: config.RATE_LIMIT, log, now, previous });
  }
}

/** Without the variables that were read with it: those of the start hold. */
function accessOf({ accounts, consumers, tokens, open, files }: Access): Access {
  return { accounts, consumers, tokens, open, files };
}

function originsOf({ CORS_ORIGINS: shared, consumers = [] }: Config): ReadonlySet<string> {
  return new Set([...shared, ...consumers.flatMap(({ origins = [] }) => origins)]);
}
