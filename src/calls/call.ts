/** A call as the gateway answers it: CallFire's `Call` element in lower camel case, every key always present. */
export interface Call {
  /** 64-bit, hence a string, like every id. */
  readonly id: string;
  readonly fromNumber: string | null;
  readonly toNumber: string | null;
  readonly toNumberAttributes: Readonly<Record<string, string>>;
  readonly state: string;
  readonly batchId: string | null;
  readonly broadcastId: string | null;
  readonly contactId: string | null;
  readonly inbound: boolean | null;
  /** Times are ISO 8601 in UTC with `Z`, with the fraction of a second that was sent. */
  readonly created: string | null;
  readonly modified: string | null;
  readonly finalResult: string | null;
  readonly labels: readonly string[];
  readonly callRecords: readonly CallRecord[];
  readonly agentCall: boolean | null;
  readonly notes: readonly Note[];
  readonly extra?: Extra;
}

/** One attempt to reach the number; the newest stands first. */
export interface CallRecord {
  readonly id: string | null;
  readonly result: string | null;
  readonly finishTime: string | null;
  /** Credits. */
  readonly billedAmount: number | null;
  readonly questionResponses: readonly QuestionResponse[];
  readonly switchId: string | null;
  readonly callerName: string | null;
  readonly originateTime: string | null;
  readonly answerTime: string | null;
  /** Seconds. */
  readonly duration: number | null;
  readonly recordings: readonly Recording[];
  readonly notes: readonly Note[];
  readonly extra?: Extra;
}

export interface QuestionResponse {
  readonly question: string | null;
  readonly response: string | null;
  readonly extra?: Extra;
}

export interface Recording {
  readonly id: string | null;
  readonly name: string | null;
  readonly created: string | null;
  readonly lengthInSeconds: number | null;
  readonly link: string | null;
  readonly extra?: Extra;
}

export interface Note {
  readonly text: string | null;
  readonly created: string | null;
  readonly extra?: Extra;
}

/** Elements nobody knows yet, by name, in document order; only present where there are any. */
export type Extra = Readonly<Record<string, readonly ExtraValue[]>>;

/** Text, or for an element with attributes or children: `"@name"`, `"#text"` and the names of its children. */
export type ExtraValue = string | { readonly [key: string]: string | readonly ExtraValue[] };
