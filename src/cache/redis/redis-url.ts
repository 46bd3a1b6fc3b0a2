/** Which Redis to use, as an operator writes it in one line. */
export interface RedisTarget {
  readonly mode: 'single' | 'cluster' | 'sentinel';
  /** The server; nodes to start from (cluster); or the Sentinels. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly db: number;
  readonly sentinel:
    { readonly masterName: string; readonly username?: string; readonly password?: string } | undefined;
}

const FORM = /^(rediss?)(\+sentinel)?:\/\/(?:(.*)@)?([^@/?#\s]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/;
const NODE = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::([0-9]{1,5}))?$/;

/**
 * Reads `redis://[[user]:password@]host[:port][/db]`; `rediss://` for TLS; several of them with commas between for a
 * Cluster; `redis+sentinel://[[user]:password@]host[:port][,host[:port]…]/masterName[/db]` for Sentinel (with
 * `?sentinelUsername=…&sentinelPassword=…` where the Sentinels want credentials of their own). User and password are
 * percent-encoded. Throws an Error that says what the URL lacks, in words that
 * follow its name, and repeats nothing of it, because it may hold a password.
 */
export function parseRedisUrl(text: string): RedisTarget {
  const targets = text.split(/,(?=\s*rediss?:\/\/)/).map((url) => parseOne(url.trim()));
  const [first] = targets;
  if (first === undefined || targets.length === 1) return first ?? refuse('is empty');
  if (targets.some((target) => target.mode === 'sentinel')) refuse('mixes Sentinel with other URLs');
  if (targets.some((target) => target.db !== 0))
    refuse('names a database, and a Redis Cluster has only number 0');
  if (targets.some((target) => target.tls !== first.tls)) refuse('mixes redis:// and rediss://');
  return { ...first, mode: 'cluster', nodes: targets.flatMap((target) => target.nodes) };
}

function parseOne(url: string): RedisTarget {
  const [, scheme, sentinel, userinfo, hosts = '', path = '', query] =
    FORM.exec(url) ?? refuse('is not a Redis URL');
  const nodes = hosts.split(',').map((host) => parseNode(host, sentinel === undefined ? 6379 : 26_379));
  const common = { nodes, tls: scheme === 'rediss', ...credentials(userinfo) };
  if (sentinel === undefined) {
    if (nodes.length > 1) refuse('names several hosts in one URL; a Redis Cluster is several URLs');
    if (query !== undefined) refuse('has a query, which means nothing here');
    return { ...common, mode: 'single', db: parseDb(path), sentinel: undefined };
  }
  const [masterName = '', db = ''] = path.split('/');
  if (masterName === '') refuse("lacks the master's name after the Sentinels");
  return {
    ...common,
    mode: 'sentinel',
    db: parseDb(db),
    sentinel: { masterName: decode(masterName), ...ownCredentials(query) },
  };
}

function parseNode(text: string, defaultPort: number): { host: string; port: number } {
  const [, host = '', port] = NODE.exec(text) ?? refuse('has a host that cannot be read');
  const number = Number(port ?? defaultPort);
  if (number < 1 || number > 65_535) refuse('has a port that is not 1 to 65535');
  return { host: host.replace(/[[\]]/g, ''), port: number };
}

function parseDb(text: string): number {
  if (!/^[0-9]{0,5}$/.test(text)) refuse('has a database that is not a number');
  return Number(text);
}

function credentials(userinfo = ''): { username: string | undefined; password: string | undefined } {
  const colon = userinfo.indexOf(':');
  const [username, password] =
    colon < 0 ? [userinfo, ''] : [userinfo.slice(0, colon), userinfo.slice(colon + 1)];
  return { username: decode(username) || undefined, password: decode(password) || undefined };
}

function ownCredentials(query = ''): { username?: string; password?: string } {
  const params = new URLSearchParams(query);
  const username = params.get('sentinelUsername');
  const password = params.get('sentinelPassword');
  return { ...(username !== null && { username }), ...(password !== null && { password }) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse('has a % that stands for nothing');
  }
}

function refuse(why: string): never {
  throw new Error(why);
}
