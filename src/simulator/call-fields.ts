/** What the simulator answers for a call: XML served byte for byte, or fields from which the XML is written. */
export type CallDocument = string | Buffer | CallFields;

/** A `Call` element. What CallFire always sends gets a default, the rest is written only where given. */
export interface CallFields {
  readonly state: string;
  readonly fromNumber?: string | undefined;
  readonly toNumber?: string | undefined;
  readonly toNumberAttributes?: Readonly<Record<string, string>> | undefined;
  readonly batchId?: string | undefined;
  readonly broadcastId?: string | undefined;
  readonly contactId?: string | undefined;
  readonly inbound?: boolean | undefined;
  readonly created?: string | undefined;
  /** The same as `created` where not given. */
  readonly modified?: string | undefined;
  readonly finalResult?: string | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly records?: readonly RecordFields[] | undefined;
  readonly agentCall?: boolean | undefined;
  readonly notes?: readonly NoteFields[] | undefined;
}

/** A `CallRecord`: one attempt. CallFire lists the newest first. */
export interface RecordFields {
  readonly id?: string | undefined;
  readonly result?: string | undefined;
  readonly finishTime?: string | undefined;
  /** As written: the string `0.0` stays `0.0`. */
  readonly billedAmount?: string | number | undefined;
  readonly questionResponses?: readonly QuestionResponseFields[] | undefined;
  readonly switchId?: string | undefined;
  readonly callerName?: string | undefined;
  readonly originateTime?: string | undefined;
  readonly answerTime?: string | undefined;
  /** Seconds. */
  readonly duration?: number | undefined;
  readonly recordings?: readonly RecordingFields[] | undefined;
  readonly notes?: readonly NoteFields[] | undefined;
}

export interface QuestionResponseFields {
  readonly question: string;
  readonly response: string;
}

/** A `RecordingMeta`. */
export interface RecordingFields {
  readonly id: string;
  readonly name: string;
  readonly created: string;
  readonly lengthInSeconds?: number | undefined;
  readonly link?: string | undefined;
}

export interface NoteFields {
  readonly text: string;
  readonly created?: string | undefined;
}
