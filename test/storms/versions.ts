import type { Call } from '../../src/calls/call.js';
import { writeCallXml, type Spelling } from '../support/call-xml.js';
import { aCall, NOON } from '../support/calls.js';

/** When every storm begins. */
export const START = NOON;

export const ACCOUNTS = ['north', 'south'] as const;
export type Account = (typeof ACCOUNTS)[number];

/** One stage in the life of a call, as CallFire tells of it. */
export interface Version {
  readonly account: Account;
  readonly id: string;
  /** 0 is the first: the order in which CallFire has them. */
  readonly index: number;
  readonly state: string;
  /** Milliseconds since the epoch, null where CallFire sends none. */
  readonly modified: number | null;
  readonly xml: Buffer;
  /** The JSON that every reader must get, one character a byte. */
  readonly body: string;
}

/** State, seconds after START of its `modified`, what is new about it. */
type Stage = readonly [state: string, modified: number | null, news?: string];

const LIVES: Readonly<Record<string, readonly Stage[]>> = {
  // An ordinary call; two stages share a second, as CallFire's clock has no finer grain.
  '224205636001': [
    ['READY', 0],
    ['SELECTED', 0],
    ['SELECTED', 1],
    ['FINISHED', 1],
    ['FINISHED', 1, 'schön'],
    ['FINISHED', 2, 'a late note'],
    ['FINISHED', 5, 'a later note'],
  ],
  // Over long ago; notes still arrive.
  '7': [
    ['FINISHED', -600],
    ['FINISHED', 1, 'a note'],
    ['FINISHED', 2, 'another note'],
    ['FINISHED', 4, 'a third'],
    ['FINISHED', 8, 'the last'],
  ],
  // `Modified` is missing at first.
  '9223372036854775807': [
    ['READY', null],
    ['SELECTED', 1],
    ['FINISHED', 2],
    ['FINISHED', 6, 'a note'],
  ],
  // An end state that is not kept.
  '31': [
    ['SELECTED', -10],
    ['DNC', 1],
    ['DNC', 4, 'a note'],
  ],
};

export const IDS = Object.keys(LIVES);

/** One call is always looked up: it is finished from the start, so that there is something to keep. */
export const FINISHED_ID = '7';

const SPELLING: Spelling = {
  seed: 0,
  encoding: 'utf-8',
  encodingNamedBy: 'nothing',
  lineEnd: '\n',
  indentation: '',
  dataPrefix: '',
  resourcePrefix: 'r',
  localDeclarations: false,
  sections: false,
  references: false,
  commentsAndInstructions: false,
  otherForms: false,
  shuffled: false,
};

const lives = new Map<string, readonly Version[]>();
const byBody = new Map<string, Version>();

for (const account of ACCOUNTS) {
  for (const [id, stages] of Object.entries(LIVES)) {
    const life = stages.map((stage, index) => versionOf(account, id, index, stage));
    lives.set(`${account}/${id}`, life);
    for (const version of life) byBody.set(version.body, version);
  }
}

export function lifeOf(account: Account, id: string): readonly Version[] {
  return lives.get(`${account}/${id}`) ?? [];
}

/** The version that has exactly this JSON. */
export function versionWith(body: string): Version | undefined {
  return byBody.get(body);
}

export function nameOf({ account, id, index, state }: Version): string {
  return `${account}/${id} v${index} ${state}`;
}

function versionOf(account: Account, id: string, index: number, [state, modified, news]: Stage): Version {
  const modifiedMs = modified === null ? null : START + modified * 1000;
  const call: Call = aCall({
    id,
    state,
    modified: modifiedMs === null ? null : new Date(modifiedMs).toISOString().replace('.000Z', 'Z'),
    finalResult: state === 'FINISHED' ? 'LA' : null,
    // Little else, because reading XML is what a storm spends most of its time on.
    toNumber: null,
    contactId: null,
    created: null,
    // What tells the accounts' calls apart; and that of two stages which differ in nothing else.
    fromNumber: account === 'north' ? '12132609784' : '4930901820',
    labels: news === undefined ? [`stage ${index}`] : [`stage ${index}`, news],
  });
  const xml = writeCallXml(call, { ...SPELLING, seed: index });
  const body = Buffer.from(JSON.stringify(call), 'utf8').toString('latin1');
  return { account, id, index, state, modified: modifiedMs, xml, body };
}
